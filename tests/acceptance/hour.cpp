/// Every number of "PyTorch in One Hour", sections 1 to 9, as our own programs print it. The
/// numbers stand here as the tutorial gives them, not as we computed them.
#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "kindling/device.h"
#include "tools/launch.h"

/// What a chapter's program prints.
static std::string output_of(const std::string& program, int ranks = 1) {
  // Open MPI leaves memory behind at the end, which is no leak of ours.
  const std::string what = ranks == 1 ? "./chapters/" + program
                                      : "ASAN_OPTIONS=detect_leaks=0 ./learn run " + program +
                                            " --ranks " + std::to_string(ranks);
  const std::string command =
      std::string("cd \"") + KINDLING_BINARY_DIR + "\" && " + what + " 2>&1";
  struct Close {
    int* status;
    void operator()(FILE* pipe) const { *status = pclose(pipe); }
  };
  int status = -1;
  std::string output;
  {
    const std::unique_ptr<FILE, Close> pipe(popen(command.c_str(), "r"), Close{&status});
    REQUIRE(pipe);
    std::array<char, 4096> buffer;
    while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe.get()))
      output.append(buffer.data(), n);
  }
  INFO("output of " << program << ":\n" << output);
  REQUIRE_MESSAGE(status == 0, program << " failed");
  return output;
}

/// The texts stand in the program's output, one after the other.
static void check_prints(const std::string& program, std::initializer_list<std::string_view> texts,
                         int ranks = 1) {
  const std::string output = output_of(program, ranks);
  std::size_t at = 0;
  for (const std::string_view text : texts) {
    const std::size_t found = output.find(text, at);
    REQUIRE_MESSAGE(found != std::string::npos, program << " should print, next:\n"
                                                        << text
                                                        << "\nIts output from there on is:\n"
                                                        << output.substr(at));
    at = found + text.size();
  }
}

TEST_CASE("§1 and §2: tensors") {
  check_prints(
      "01_tensors/hour",
      {"Kindling 0.1.0", "cuda::is_available(): ", "0-D: tensor(1)\n", "1-D: tensor([1, 2, 3])\n",
       "2-D: tensor([[1, 2],", "[3, 4]])", "3-D: tensor([[[1, 2],", "[7, 8]]])", "the copy:   1\n",
       "the shared: 999\n", "tensor({1, 2, 3}).dtype():    int64\n",
       "tensor({1., 2., 3.}).dtype(): float32\n", "vector.to(float32).dtype():   float32\n",
       "t = tensor([[1, 2, 3],\n        [4, 5, 6]])\n", "t.shape() = [2, 3]\n",
       "t.reshape({3, 2}) =\ntensor([[1, 2],\n        [3, 4],\n        [5, 6]])\n",
       "t.view({3, 2}) =\ntensor([[1, 2],\n        [3, 4],\n        [5, 6]])\n",
       "t.T() =\ntensor([[1, 4],\n        [2, 5],\n        [3, 6]])\n",
       "matmul(t, t.T()) =\ntensor([[14, 32],\n        [32, 77]])\n"});
}

TEST_CASE("§3 and §4: a graph and its derivatives") {
  check_prints("02_autograd/hour",
               {"loss = tensor(0.0852)\n", "grad(loss, w1) = tensor([-0.0898])\n",
                "grad(loss, b)  = tensor([-0.0817])\n", "w1.grad() = tensor([-0.0898])\n",
                "b.grad()  = tensor([-0.0817])\n"});
}

TEST_CASE("§5: modules") {
  check_prints("03_modules/hour",
               {"NeuralNetwork(\n  (layers): Sequential(\n    (0): Linear(in_features=50, "
                "out_features=30, bias=True)\n    (1): ReLU()\n"
                "    (2): Linear(in_features=30, out_features=20, bias=True)\n    (3): ReLU()\n"
                "    (4): Linear(in_features=20, out_features=3, bias=True)\n  )\n)\n",
                "Total number of trainable model parameters: 2213\n", "layers.0.weight [30, 50]\n",
                "Parameter containing:\ntensor([[-0.0577,  0.0047, -0.0702,  ...,  0.0222,  "
                "0.1260,  0.0865],\n",
                "        [ 0.0790,  0.1343, -0.0293,  ...,  0.0344, -0.0971, -0.0509]],\n       "
                "requires_grad=True)\n",
                "752\n", "tensor([[-0.1262,  0.1080, -0.1792]], grad_fn=<AddmmBackward0>)\n",
                "tensor([[-0.1262,  0.1080, -0.1792]])\n", "tensor([[0.3113, 0.3934, 0.2952]])\n"});
}

/// The training loop prints the same in chapter 4, where its batches are written by hand, and in
/// chapter 5, where a loader deals them.
static void check_losses(const std::string& program) {
  check_prints(program, {"Epoch: 001/003 | Batch 000/002 | Train Loss: 0.75\n",
                         "Epoch: 001/003 | Batch 001/002 | Train Loss: 0.65\n",
                         "Epoch: 002/003 | Batch 000/002 | Train Loss: 0.44\n",
                         "Epoch: 002/003 | Batch 001/002 | Train Loss: 0.13\n",
                         "Epoch: 003/003 | Batch 000/002 | Train Loss: 0.03\n",
                         "Epoch: 003/003 | Batch 001/002 | Train Loss: 0.00\n"});
}

TEST_CASE("§7: training") {
  check_losses("04_training/hour");
  check_prints("04_training/hour",
               {"tensor([[ 2.8569, -4.1618],\n        [ 2.5382, -3.7548],\n        [ 2.0944, "
                "-3.1820],\n        [-1.4814,  1.4816],\n"
                "        [-1.7176,  1.7342]])\n",
                // As PyTorch pads them once scientific notation is switched off, which the tutorial
                // does here.
                "tensor([[    0.9991,     0.0009],\n        [    0.9982,     0.0018],\n        [   "
                " 0.9949,     0.0051],\n"
                "        [    0.0491,     0.9509],\n        [    0.0307,     0.9693]])\n",
                "tensor([0, 0, 0, 1, 1])\n", "tensor([True, True, True, True, True])\n",
                "tensor(5)\n", "1.0\n", "1.0\n"});
}

TEST_CASE("§6: data") {
  // Shuffled from seed 123: examples 3, 1 | 0, 2 | 4; then, with drop_last and no reseeding: 0, 2 |
  // 3, 1.
  const std::string_view batch_3_1 =
      "tensor([[ 2.3000, -1.1000],\n        [-0.9000,  2.9000]]) tensor([1, 0])\n";
  const std::string_view batch_0_2 =
      "tensor([[-1.2000,  3.1000],\n        [-0.5000,  2.6000]]) tensor([0, 0])\n";
  check_prints("05_data/hour", {"size() = 5\n", "Batch 1: ", batch_3_1, "Batch 2: ", batch_0_2,
                                "Batch 3: tensor([[ 2.7000, -1.5000]]) tensor([1])\n",
                                "Batch 1: ", batch_0_2, "Batch 2: ", batch_3_1});
  check_losses("05_data/hour");
  check_prints("05_data/hour", {"Accuracy", "1.0\n", "1.0\n"});
}

TEST_CASE("§8: saving") {
  check_prints("06_saving/hour", {"tensor([[ 2.8569, -4.1618],", "false\n",
                                  "<All keys matched successfully>\n", "true\n"});
}

TEST_CASE("§9.1 and §9.2: devices, and training on one GPU, be it real or simulated") {
  if (output_of("07_gpu/hour").find("cuda::is_available(): false") != std::string::npos) {
    MESSAGE("skipped: this build has no CUDA (KINDLING_CUDA=off)");
    return;
  }
  check_prints("07_gpu/hour",
               {"cuda::is_available(): true, devices: ", "on the CPU: tensor([5., 7., 9.])\n",
                "on cuda:    tensor([5., 7., 9.], device='cuda:0')\n",
                "on both:    Expected all tensors to be on the same device, but found at least two "
                "devices, cuda:0 and cpu!\n"});
  check_losses("07_gpu/hour");
  check_prints("07_gpu/hour", {"Accuracy", "training set: 1.0\n", "test set:     1.0\n"});
}

TEST_CASE("digits learnt on a GPU, be it real or simulated: at least 96 % on held-out ones") {
  const std::string text = "accuracy on held-out digits: ";
  const std::string output = output_of("07_gpu/train_digits");
  const std::size_t at = output.find(text);
  REQUIRE(at != std::string::npos);
  CHECK(std::stod(output.substr(at + text.size())) >= 96);
}

static void check_ranks(const std::string& program) {
  CAPTURE(program);
  check_prints(program, {"Train Loss: 0.6636\n", "Train Loss: 0.3257\n", "Train Loss: 0.1012\n",
                         "Train Loss: 0.0740\n", "Train Loss: 0.0406\n", "Train Loss: 0.0133\n",
                         "[rank 0] Training accuracy: 1.0\n", "[rank 0] Test accuracy: 1.0\n"});
  if (!learn::lacks_mpi().empty()) {
    MESSAGE("skipped: two processes, as " << learn::lacks_mpi());
    return;
  }
  // The ranks' lines come in any order, but each rank's own in theirs.
  check_prints(program,
               {"[rank 0] Epoch: 001/003 | Batchsize 002 | Train Loss: 0.6638\n",
                "[rank 0] Epoch: 002/003 | Batchsize 002 | Train Loss: 0.2273\n",
                "[rank 0] Epoch: 003/003 | Batchsize 002 | Train Loss: 0.1343\n",
                "[rank 0] Training accuracy: 1.0\n", "[rank 0] Test accuracy: 1.0\n"},
               2);
  check_prints(program,
               {"[rank 1] Epoch: 001/003 | Batchsize 002 | Train Loss: 0.6680\n",
                "[rank 1] Epoch: 002/003 | Batchsize 002 | Train Loss: 0.4452\n",
                "[rank 1] Epoch: 003/003 | Batchsize 002 | Train Loss: 0.1050\n",
                "[rank 1] Training accuracy: 1.0\n", "[rank 1] Test accuracy: 1.0\n"},
               2);
}

TEST_CASE("§9.3: several ranks") { check_ranks("08_distributed/hour"); }

TEST_CASE("§9.3: several ranks, on GPUs") {
  if (kindling::cuda::is_available())
    check_ranks("08_distributed/hour cuda");
  else
    MESSAGE("skipped: this build has no CUDA");
}

TEST_CASE("the real thing: at least 97 % on held-out digits, saved and read back") {
  const std::string output = output_of("06_saving/digits");
  const std::size_t at = output.find("accuracy on held-out digits: ");
  REQUIRE(at != std::string::npos);
  CHECK(std::stod(output.substr(at + std::string_view("accuracy on held-out digits: ").size())) >=
        97);
  CHECK(
      output.find(
          "<All keys matched successfully>\nsame predictions on all 360 held-out digits: true\n") !=
      std::string::npos);
}
