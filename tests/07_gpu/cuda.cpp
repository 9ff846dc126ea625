/// Devices, memory, streams, and what is said when something is wrong.
#include "kindling/cuda.h"

#include <doctest/doctest.h>

#include <sstream>
#include <thread>

#include "kindling/loss.h"
#include "kindling/ops.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::testing;

/// What `call` throws.
template <class Call>
static std::string error_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}
static bool contains(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != text.npos;
  if (!found) MESSAGE("the text is: " << text);
  return found;
}

TEST_CASE("a device says what it is") {
  CHECK(best_device() == (cuda::is_available() ? cuda_device : cpu));
  if (!cuda::is_available()) {
    CHECK(contains(error_of([] { zeros({1}, float32, cuda_device); }), "cuda:0 is not available"));
    return;
  }
  CHECK_FALSE(cuda::get_device_name().empty());
  CHECK(cuda::is_simulated() == contains(cuda::get_device_name() + "simulator", "simulator (on"));
  CHECK(contains(error_of([] {
                   zeros({1}, float32, Device{Device::Type::cuda, 99});
                 }),
                 "cuda:99 is not available"));
}

TEST_CASE("tensors go there and back, and print where they are") {
  if (!cuda::is_available()) return;
  const Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}}).to(cuda_device);
  CHECK(x.device() == cuda_device);
  CHECK(to_string(x) == "tensor([[1., 2.],\n        [3., 4.]], device='cuda:0')");
  CHECK(to_string(x.T() + 1) == "tensor([[2., 4.],\n        [3., 5.]], device='cuda:0')");
  CHECK(x[1][0].item() == 3);
  CHECK(equal(x.to(cpu), tensor({{1.0, 2.0}, {3.0, 4.0}})));
  CHECK(x.to(cuda_device).shared_impl() == x.shared_impl());
  CHECK(zeros({0, 3}, float32, cuda_device).to(cpu).shape() == Shape{0, 3});
  Tensor leaf = tensor({1.0, 2.0}).requires_grad_();
  sum(leaf.to(cuda_device) * 3).backward();
  CHECK(equal(leaf.grad(), tensor({3.0, 3.0})));
}

TEST_CASE("a gradient stands where its tensor stands") {
  if (!cuda::is_available()) return;
  Tensor x = tensor({1.0, 2.0}).requires_grad_(), there = x.detach().to(cuda_device);
  there.requires_grad_();
  const Tensor of_cpu = ones({2}), of_cuda = of_cpu.to(cuda_device);

  CHECK(error_of([&] { (x * 2).backward(of_cuda); }) ==
        "backward: invalid gradient: expected device cpu but got cuda:0");
  CHECK(error_of([&] { (there * 2).backward(of_cpu); }) ==
        "backward: invalid gradient: expected device cuda:0 but got cpu");
  CHECK(error_of([&] { x.backward(of_cuda); }) ==
        "backward: invalid gradient: expected device cpu but got cuda:0");
  CHECK(error_of([&] { grad(x * 2, {x}, false, of_cuda); }) ==
        "grad: invalid gradient: expected device cpu but got cuda:0");
  CHECK(error_of([&] { grad(there * 2, {there}, false, of_cpu); }) ==
        "grad: invalid gradient: expected device cuda:0 but got cpu");
  CHECK(error_of([&] { x.set_grad(of_cuda); }) ==
        "set_grad: expected a gradient on cpu, got one on cuda:0");
  CHECK(error_of([&] { there.set_grad(of_cpu); }) ==
        "set_grad: expected a gradient on cuda:0, got one on cpu");
  for (const Tensor* unharmed : {&x, &there}) CHECK_FALSE(unharmed->grad().defined());

  const auto own_rule = [](const Tensor& in, const Tensor& gradient) {
    return record(in.detach() * 2, "OwnBackward", {in},
                  [gradient](const Tensor&) -> Tensors { return {gradient}; });
  };
  CHECK(error_of([&] { sum(own_rule(x, of_cuda)).backward(); }) ==
        "OwnBackward returned an invalid gradient: expected device cpu but got cuda:0");
  CHECK(error_of([&] { sum(own_rule(there, of_cpu)).backward(); }) ==
        "OwnBackward returned an invalid gradient: expected device cuda:0 but got cpu");
  x.register_hook([&](const Tensor&) { return of_cuda; });
  CHECK(error_of([&] { sum(x).backward(); }) ==
        "a hook has moved a gradient: expected it on cpu, got cuda:0");
  for (const Tensor* unharmed : {&x, &there}) CHECK_FALSE(unharmed->grad().defined());

  there.set_grad(of_cuda);
  CHECK(
      contains(error_of([&] { there.set_data(of_cpu); }),
               "set_data: expected data like the .grad of this tensor, float32 [2] on cuda:0, got "
               "float32 [2] on cpu"));
  there.set_grad(Tensor());
  there.set_data(of_cpu);
  sum(there * 2).backward();
  CHECK(there.grad().device() == cpu);

  Tensor moved = tensor({1.0, 2.0}).requires_grad_();
  const Tensor loss = sum(moved * 2);
  moved.set_data(of_cuda);  // the graph was made on the CPU
  CHECK(contains(error_of([&] { loss.backward(); }), "expected device cuda:0 but got cpu"));
}

TEST_CASE("mixed devices are PyTorch's error") {
  if (!cuda::is_available()) return;
  const Tensor here = tensor({1.0, 2.0}), there = here.to(cuda_device);
  const std::string expected =
      "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and "
      "cpu!";
  CHECK(error_of([&] { here + there; }) == expected);
  CHECK(error_of([&] { there + here; }) == expected);
  CHECK(error_of([&] { there == here; }) == expected);
  CHECK(error_of([&] { matmul(there, here); }) == expected);
  CHECK(error_of([&] { cat({there, here}); }) == expected);
  CHECK(error_of([&] { Tensor(there).add_(here); }) == expected);
  CHECK(error_of([&] { nn::cross_entropy(there.view({1, 2}), tensor({1})); }) == expected);
  CHECK(error_of([&] { index_select(there, 0, tensor({1})); }) == expected);
}

TEST_CASE("a bad index is an error at the next look, harms nothing, and is forgotten then") {
  if (!cuda::is_available()) return;
  const Tensor x = arange(6).to(float32).view({2, 3}).to(cuda_device);
  const auto bad = [](std::int64_t i) { return tensor({std::int64_t{0}, i}).to(cuda_device); };
  const Tensor picked = index_select(x, 1, bad(3));
  CHECK(contains(error_of([&] { picked.to(cpu); }),
                 "index_select: index 3 is out of bounds for dimension with size 3"));
  CHECK(equal(index_select(x, 1, bad(2)).to(cpu), tensor({{0.0, 2.0}, {3.0, 5.0}})));
  gather(x, 0, full({1, 3}, -1, int64, cuda_device));
  CHECK(contains(error_of([] { cuda::synchronize(); }), "gather: index -1 is out of bounds"));
  cuda::synchronize();
  nn::cross_entropy(x, bad(7));
  CHECK(contains(error_of([&] {
                   gather(x, 0, full({1, 3}, 0, int64, cuda_device));
                   cuda::synchronize();
                 }),
                 "cross_entropy: index 7 is out of bounds for dimension with size 3"));
  CHECK(sum(x).item() == 15);
}

TEST_CASE("memory: blocks are kept, counted, and handed out again") {
  if (!cuda::is_available()) return;
  cuda::empty_cache();
  cuda::reset_peak_memory_stats();
  const std::int64_t before = cuda::memory_allocated(), reserved = cuda::memory_reserved();
  {
    const Tensor a = empty({1}, float32, cuda_device);
    CHECK(cuda::memory_allocated() == before + 512);
    const Tensor b = empty({1 << 20}, float32, cuda_device);  // 4 MiB
    CHECK(cuda::memory_allocated() == before + 512 + (4 << 20));
    CHECK(reinterpret_cast<std::uintptr_t>(b.storage().data()) % 512 == 0);
  }
  CHECK(cuda::memory_allocated() == before);
  CHECK(cuda::max_memory_allocated() == before + 512 + (4 << 20));
  CHECK(cuda::memory_reserved() > reserved);
  const std::int64_t cached = cuda::memory_reserved();
  const std::byte* block = nullptr;
  for (int i = 0; i < 10; ++i) {
    const Tensor a = empty({1 << 19}, float32, cuda_device),
                 b = empty({1 << 19}, float32, cuda_device);
    if (block) CHECK(a.storage().data() == block);
    block = a.storage().data();
  }
  CHECK(cuda::memory_reserved() == cached);
  CHECK(contains(cuda::memory_summary(), "reserved (from the driver)"));
  cuda::empty_cache();
  CHECK(cuda::memory_reserved() <= reserved);
}

TEST_CASE("memory: pieces of all sizes, freed in any order, come together again") {
  if (!cuda::is_available()) return;
  cuda::empty_cache();
  const std::int64_t before = cuda::memory_allocated(), reserved = cuda::memory_reserved();
  std::mt19937 random(1);
  std::vector<std::pair<Tensor, int>> held;
  for (int i = 0; i < 600; ++i) {
    if (held.size() < 30 && random() % 3 > 0) {
      const std::int64_t n = random() % 4 == 0 ? random() % 600000 : random() % 3000;
      held.emplace_back(full({n}, i, int64, cuda_device), i);
    } else if (!held.empty()) {
      const std::size_t at = random() % held.size();
      const auto& [t, value] = held[at];
      if (t.numel() > 0) {  // nobody else has written there
        CHECK(t[0].item<int>() == value);
        CHECK(t[-1].item<int>() == value);
      }
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
  held.clear();
  CHECK(cuda::memory_allocated() == before);
  cuda::empty_cache();
  CHECK(cuda::memory_reserved() <= reserved);
}

TEST_CASE("out of memory: the error says how it stands, and the process goes on") {
  if (!cuda::is_available()) return;
  const Tensor held = ones({1 << 20}, float32, cuda_device);
  { const Tensor cached = empty({1 << 22}, float32, cuda_device); }
  const std::string error = error_of([] { empty({std::int64_t{1} << 47}, float32, cuda_device); });
  CHECK(contains(
      error, "CUDA out of memory. Tried to allocate 512.00 TiB. cuda:0 has a total capacity of "));
  CHECK(contains(error, " is free. "));
  CHECK(contains(error, " is in use by tensors, and "));
  CHECK(contains(error, " is reserved by Kindling but cached."));
  CHECK(sum(held).item() == 1 << 20);
  CHECK(sum(ones({1 << 22}, float32, cuda_device)).item() == 1 << 22);
}

TEST_CASE("streams: one waits for the other, and memory waits for both") {
  if (!cuda::is_available()) return;
  const cuda::Stream side;
  CHECK(side.handle() != cuda::default_stream().handle());
  const Tensor x = ones({100000}, float32, cuda_device);
  cuda::Event ready, done;
  ready.record();
  Tensor y;
  {
    const cuda::StreamGuard guard(side);
    CHECK(cuda::current_stream().handle() == side.handle());
    side.wait(ready);
    y = x * 2;
    cuda::record_stream(x, side);
    done.record();
  }
  CHECK(cuda::current_stream().handle() == cuda::default_stream().handle());
  cuda::default_stream().wait(done);
  CHECK(sum(y).item() == 200000);
  side.synchronize();
  CHECK(side.query());
  std::thread([&] {  // each thread has a current stream of its own
    CHECK(cuda::current_stream().handle() == cuda::default_stream().handle());
    CHECK(sum(x).item() == 100000);
  })
      .join();
}

TEST_CASE("memory that another stream has used outlives that stream") {
  if (!cuda::is_available()) return;
  Tensor x = ones({100000}, float32, cuda_device);
  {
    const cuda::Stream side;
    const cuda::StreamGuard guard(side);
    side.wait([] {
      cuda::Event now;
      now.record();
      return now;
    }());
    cuda::record_stream(x, side);
  }
  const std::int64_t before = cuda::memory_allocated();
  x = Tensor();
  cuda::synchronize();
  CHECK(cuda::memory_allocated() < before);
  CHECK(sum(ones({100000}, float32, cuda_device)).item() == 100000);
}

TEST_CASE("to ask whether work is done, before it is, harms nothing") {
  if (!cuda::is_available()) return;
  Tensor x = ones({1 << 10, 1 << 10}, float32, cuda_device);
  const auto work = [&] {
    for (int i = 0; i < 20; ++i) x = x * 1;
  };
  const auto next_launch_runs = [] {
    CHECK(sum(ones({1000}, float32, cuda_device)).item() == 1000);
  };
  cuda::Event event;
  work();
  event.record();
  const bool event_was_past = event.query();
  next_launch_runs();
  work();
  const bool stream_was_empty = cuda::default_stream().query();
  next_launch_runs();
  if (cuda::is_simulated()) {  // which says so every time; a GPU, if it is slow enough
    CHECK_FALSE(event_was_past);
    CHECK_FALSE(stream_was_empty);
  }
  event.synchronize();
  CHECK(event.query());
  cuda::synchronize();
  CHECK(cuda::default_stream().query());
}

TEST_CASE("memory that another stream still uses is not handed out, and later is") {
  if (!cuda::is_available()) return;
  cuda::synchronize();
  const cuda::Stream side;
  const auto in_side = [&](const Tensor& x) {
    const cuda::StreamGuard guard(side);
    cuda::record_stream(x, side);
    for (int i = 0; i < 20; ++i) const Tensor y = x * 2;
  };
  Tensor x = ones({1 << 20}, float32, cuda_device);
  cuda::synchronize();
  in_side(x);
  const std::byte* const used = x.storage().data();
  x = Tensor();
  const Tensor other = ones({1 << 20}, float32, cuda_device);  // asks whether x's memory is free
  if (cuda::is_simulated()) CHECK(other.storage().data() != used);
  CHECK(sum(other).item() == 1 << 20);
  cuda::synchronize();
  const Tensor next = ones({1 << 20}, float32, cuda_device);
  if (other.storage().data() != used) CHECK(next.storage().data() == used);

  // Pinned memory as well, from which a stream still reads.
  Tensor pinned = ones({1 << 18}).pin_memory();
  const std::byte* const read = pinned.storage().data();
  const Tensor there = pinned.to(cuda_device, true);
  pinned = Tensor();
  const Tensor another = cuda::empty_pinned({1 << 18}, float32);
  if (cuda::is_simulated()) CHECK(another.storage().data() != read);
  CHECK(sum(there).item() == 1 << 18);
  cuda::synchronize();
  const Tensor last = cuda::empty_pinned({1 << 18}, float32);
  if (another.storage().data() != read) CHECK(last.storage().data() == read);
}

TEST_CASE("events measure time") {
  if (!cuda::is_available()) return;
  cuda::Event start, end;
  start.record();
  const Tensor x = ones({1000}, float32, cuda_device) * 2;
  end.record();
  end.synchronize();
  CHECK(end.query());
  CHECK(start.elapsed_time(end) >= 0);
}

TEST_CASE("pinned memory") {
  if (!cuda::is_available()) return;
  const Tensor x = randn({3, 5});
  CHECK_FALSE(x.is_pinned());
  const std::byte* block = nullptr;
  {
    const Tensor pinned = x.T().pin_memory();
    CHECK(pinned.is_pinned());
    CHECK(pinned[1].is_pinned());
    CHECK(equal(pinned, x.T()));
    CHECK(pinned.pin_memory().storage().data() == pinned.storage().data());
    const Tensor there = pinned.to(cuda_device, true);
    CHECK(equal(there.to(cpu), x.T()));
    block = pinned.storage().data();
  }
  cuda::synchronize();
  CHECK(x.pin_memory().storage().data() == block);  // kept for the next
  CHECK(contains(error_of([&] { x.to(cuda_device).pin_memory(); }),
                 "pin_memory: only tensors on the cpu can be pinned, got one on cuda:0"));
}

TEST_CASE("TF32 is a switch") {
  CHECK_FALSE(cuda::allow_tf32());
  if (!cuda::is_available()) return;
  const Tensor x = full({64, 64}, 1.0009765625 + 0x1p-20, float32, cuda_device);
  const Tensor exact_product = matmul(x, x).to(cpu);
  cuda::set_allow_tf32(true);
  CHECK(cuda::allow_tf32());
  CHECK(allclose(matmul(x, x).to(cpu), exact_product, 1e-2));
  cuda::set_allow_tf32(false);
  CHECK(equal(matmul(x, x).to(cpu), exact_product));
}
