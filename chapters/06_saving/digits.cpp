/// The real thing: a network learns to read handwritten digits, is saved, and is read back by a
/// fresh one.
///
///   06_saving/digits                 1,797 digits of 8×8 pixels, which come with Kindling
///   06_saving/digits --data mnist    70,000 of 28×28, after ./learn data mnist
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>

#include "kindling/data.h"
#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/optim.h"
#include "kindling/serialize.h"
#include "kindling/show.h"

using namespace kindling;

struct DigitReader : nn::Module {
  nn::Sequential& layers = add<nn::Sequential>("layers");

  DigitReader(std::int64_t pixels, std::int64_t hidden) {
    layers.append<nn::Linear>(pixels, hidden)
        .append<nn::ReLU>()
        .append<nn::Dropout>(0.2)
        .append<nn::Linear>(hidden, 10);
  }
  Tensor forward(const Tensor& images) override {
    return layers(images);
  }  // [batch, pixels] → [batch, 10]
};

/// Examples to learn from, examples held out, and how long to learn.
struct Task {
  std::string name;
  data::TensorDataset train, test;
  std::int64_t side, hidden, epochs;
};

static Task small_digits() {
  const data::TensorDataset all = data::digits();
  Generator generator(0);
  const Tensor order = randperm(all.size(), generator);
  const auto part = [&](std::int64_t from, std::int64_t to) {
    const Tensor rows = order.slice(0, from, to);
    return data::TensorDataset(index_select(all.data(), 0, rows),
                               index_select(all.targets(), 0, rows));
  };
  return {"1,797 digits of 8×8 pixels", part(0, 1437), part(1437, all.size()), 8, 128, 40};
}

static Task mnist() {
  const auto rows =
      [](const data::TensorDataset& images) {  // [examples, 1, 28, 28] → [examples, 784]
        return data::TensorDataset(images.data().flatten(1), images.targets());
      };
  return {"70,000 digits of 28×28 pixels (MNIST)",
          rows(data::mnist(true)),
          rows(data::mnist(false)),
          28,
          256,
          6};
}

/// What the model says each image is.
static Tensor predict(DigitReader& model, const Tensor& images) {
  NoGrad guard;
  model.eval();
  return argmax(model(images), 1);
}

static double accuracy(DigitReader& model, const data::TensorDataset& dataset) {
  return mean((predict(model, dataset.data()) == dataset.targets()).to(float32)).item();
}

/// Trains, and returns the loss of every step.
static std::vector<double> train(DigitReader& model, const Task& task) {
  optim::Adam optimizer(model.parameters(), {.lr = 2e-3});
  const std::int64_t batch_size = task.train.size() < 10000 ? 32 : 128;
  data::DataLoader loader(task.train, {.batch_size = batch_size, .shuffle = true});
  const std::int64_t steps = task.epochs * loader.size();
  optim::lr_scheduler::CosineAnnealingLR scheduler(optimizer, steps);
  show::Progress progress(steps);
  std::vector<double> losses;
  for (std::int64_t epoch = 1; epoch <= task.epochs; ++epoch) {
    model.train();
    double total = 0;
    for (const auto& [images, labels] : loader) {
      const Tensor loss = nn::cross_entropy(model(images), labels);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      scheduler.step();
      losses.push_back(loss.item());
      total += losses.back() * static_cast<double>(labels.numel());
      progress.step(fmt::format("epoch {}/{}  loss {:.4f}", epoch, task.epochs, losses.back()));
    }
    if (epoch == 1 || epoch == task.epochs || epoch % 5 == 0)
      progress.finish(fmt::format("epoch {:2}/{}  loss {:.4f}  held-out accuracy {:5.2f} %", epoch,
                                  task.epochs, total / static_cast<double>(task.train.size()),
                                  100 * accuracy(model, task.test)));
  }
  return losses;
}

/// Held-out digits with what the model makes of them: the wrong ones first, as they are the
/// interesting ones.
static std::vector<show::Prediction> gallery(DigitReader& model, const Task& task,
                                             std::size_t count) {
  const auto predicted = predict(model, task.test.data()).to_vector<std::int64_t>();
  const auto labels = task.test.targets().to_vector<std::int64_t>();
  std::vector<show::Prediction> wrong, right;
  for (std::size_t i = 0; i < labels.size() && (wrong.size() < count / 3 || right.size() < count);
       ++i) {
    auto& list = labels[i] == predicted[i] ? right : wrong;
    if (list.size() < count)
      list.push_back({task.test.data()[static_cast<std::int64_t>(i)].view({task.side, task.side}),
                      labels[i], predicted[i]});
  }
  if (wrong.size() > count / 3) wrong.resize(count / 3);
  right.resize(std::min(right.size(), count - wrong.size()));
  wrong.insert(wrong.end(), right.begin(), right.end());
  return wrong;
}

int main(int argc, char** argv) {
  CLI::App app{"Learns to read handwritten digits, saves the network, and reads it back."};
  std::string which = "digits", folder = ".";
  app.add_option("--data", which, "what to learn from: digits or mnist")
      ->check(CLI::IsMember({"digits", "mnist"}))
      ->capture_default_str();
  app.add_option("--out", folder, "where the weights and the picture go")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  try {
    const Task task = which == "mnist" ? mnist() : small_digits();
    manual_seed(123);
    DigitReader model(task.side * task.side, task.hidden);
    std::cout << fmt::format("{}: {} to learn from, {} held out\n\n", task.name, task.train.size(),
                             task.test.size())
              << model << "\n"
              << fmt::format("{} trainable parameters\n\n", model.num_parameters());

    const auto start = std::chrono::steady_clock::now();
    const std::vector<double> losses = train(model, task);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::cout << fmt::format("\ntrained in {:.1f} s; accuracy on held-out digits: {:.2f} %\n\n",
                             seconds.count(), 100 * accuracy(model, task.test));

    std::cout << "training loss, step by step\n" << show::line_chart(losses) << "\n";
    const auto examples = gallery(model, task, 12);
    for (std::size_t row = 0, shown = task.side > 16 ? 1 : 4; row < 2 && task.side <= 16; ++row) {
      std::vector<std::vector<std::string>> blocks;
      for (std::size_t i = row * shown; i < std::min(examples.size(), (row + 1) * shown); ++i) {
        auto block = show::text_image(examples[i].image);
        block.push_back(fmt::format("reads {}{}", examples[i].predicted,
                                    examples[i].label == examples[i].predicted
                                        ? ""
                                        : fmt::format(", is {}", examples[i].label)));
        blocks.push_back(std::move(block));
      }
      std::cout << show::side_by_side(blocks) << "\n";
    }

    const std::string weights = folder + "/" + which + ".safetensors";
    save_safetensors(weights, model.state_dict());
    DigitReader fresh(task.side * task.side, task.hidden);
    std::cout << fmt::format("saved to {}; a fresh network loads it: ", weights)
              << fresh.load_state_dict(load_safetensors(weights)) << "\n";
    const bool same = equal(predict(fresh, task.test.data()), predict(model, task.test.data()));
    check(same, "digits: the reloaded network predicts something else");
    std::cout << fmt::format("same predictions on all {} held-out digits: {}\n", task.test.size(),
                             same);

    const std::string picture = folder + "/" + which + ".svg";
    show::write_report(picture,
                       fmt::format("{:.2f} % of {} held-out digits are read right",
                                   100 * accuracy(model, task.test), task.test.size()),
                       losses, examples);
    std::cout << "loss curve and digits as a picture: " << picture << "\n";
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
}
