#include "checker.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <sstream>

#include "limits.h"

namespace cuda_simulator {

static thread_local constinit Checker* checker = nullptr;

// Never inlined, for the reason that stands beside running() in block.cpp.
[[gnu::noinline]] Checker* checking() noexcept { return checker; }
[[gnu::noinline]] void set_checking(Checker* now) noexcept { checker = now; }

void see_access(const volatile void* address, std::size_t bytes, Use use, const void* pc) noexcept {
  Checker* const at_work = checker;
  if (!at_work) return;
  // The checker may call what the linker took from a .cu file, such as a std::vector's functions:
  // that would be seen in turn.
  checker = nullptr;
  auto at = reinterpret_cast<std::uintptr_t>(address);
  // A struct may be of any size; a GPU moves 16 bytes at most.
  for (; bytes > 16; bytes -= 16, at += 16) at_work->see(at, 16, use, pc);
  if (bytes > 0) at_work->see(at, static_cast<unsigned>(bytes), use, pc);
  at_work->abandon_if_faulty();
  checker = at_work;
}

static constexpr unsigned word = 4;

/// Zeroes, of which only those that are touched take memory.
template <class T>
static T* zeroes(std::size_t n) {
  return static_cast<T*>(std::calloc(n, sizeof(T)));
}
void Checker::Free::operator()(void* p) const { std::free(p); }

Checker::Checker(BlockRunner& runner) : runner_(runner) {
  const program::Range image = program::thread_image();
  const std::size_t image_bytes = image.end - image.begin;
  dynamic_offset_ = (image_bytes + word - 1) / word * word;
  const std::size_t all = dynamic_offset_ + limits::shared_bytes_at_most;
  words_.reset(zeroes<Cell>(all / word));
  bytes_.reset(zeroes<Cell>(all));
  split_.reset(zeroes<std::uint32_t>(all / word));

  const auto& variables = program::shared_variables();
  owner_.assign(image_bytes, variables.empty() ? 1 : 0);  // stripped: all of it may be shared
  for (std::size_t i = 0; i < variables.size(); ++i)
    for (auto at = variables[i].begin; at < std::min(variables[i].end, image_bytes); ++at)
      owner_[at] = static_cast<std::uint16_t>(i + 1);
}

void Checker::begin_block() {
  image_ = program::thread_image();  // each time, as another thread may have launched
  dynamic_.begin = reinterpret_cast<std::uintptr_t>(runner_.dynamic_memory());
  dynamic_.end = dynamic_.begin + limits::shared_bytes_at_most;
  first_epoch_ = ++epoch_;
  faulty_ = false;
  if (const auto version = device_arena().version() + pinned_arena().version();
      version != known_version_) {
    known_version_ = version;
    std::ranges::fill(known_, Known{});
  }
  if (lanes_have_met_) {
    lanes_have_met_ = false;
    std::ranges::fill(clock_, 1u);
    for (auto& heard : heard_) std::ranges::fill(heard, 0u);
  }
  counter_.begin_block(is_counting());
}

void Checker::block_met() {
  ++epoch_;
  counter_.settle();
}

void Checker::lanes_met(int warp, unsigned here) {
  lanes_have_met_ = true;
  counter_.see_meeting();
  const int first = warp * warp_lanes;
  std::uint32_t known[warp_lanes] = {};
  for (int lane = 0; lane < warp_lanes; ++lane)
    if (here >> lane & 1) {
      for (int i = 0; i < warp_lanes; ++i) known[i] = std::max(known[i], heard_[first + lane][i]);
      known[lane] = std::max(known[lane], clock_[first + lane]);
    }
  for (int lane = 0; lane < warp_lanes; ++lane)
    if (here >> lane & 1) {
      std::ranges::copy(known, heard_[first + lane]);
      ++clock_[first + lane];
    }
}

void Checker::take_up(const Thread& thread, const Fiber& fiber) {
  thread_ = &thread;
  stack_ = fiber.low();
  stack_bytes_ = fiber.high() - fiber.low();
}

void Checker::see(std::uintptr_t address, unsigned bytes, Use use, const void* pc) {
  if (address - stack_ < stack_bytes_) return;
  if (image_.contains(address)) return see_static(address, bytes, use, pc);
  for (const Known& known : known_)
    if (address - known.begin < known.bytes && address + bytes - known.begin <= known.bytes) {
      if (counter_.is_counting()) {
        if (use == Use::atomic)
          counter_.see_atomic();
        else
          counter_.see(thread_->number, address, bytes,
                       use == Use::read ? Counter::Kind::global_read : Counter::Kind::global_write,
                       mark(pc, false).pc);
      }
      return;
    }
  if (dynamic_.contains(address)) {
    const std::size_t offset = address - dynamic_.begin, end = runner_.launch().shared_bytes;
    if (offset + bytes <= end) return see_shared(dynamic_offset_ + offset, bytes, use, pc);
    std::ostringstream details;
    details << "  expected   an address in the block's dynamic shared memory of " << end
            << " bytes\n"
            << "  got        the " << bytes << " bytes from byte " << offset << " on\n"
            << "  look at    the index, and at what the launch asks for: launch(kernel, {grid, "
               "block, shared_bytes}, …)\n";
    return report(
        use == Use::read ? "reads beyond its shared memory" : "writes beyond its shared memory", pc,
        details.str());
  }
  if (device_arena().contains(address)) return see_global(device_arena(), address, bytes, use, pc);
  if (pinned_arena().contains(address)) return see_global(pinned_arena(), address, bytes, use, pc);
  see_elsewhere(address, bytes, use, pc);
}

// Global memory.

void Checker::see_global(const Arena& arena, std::uintptr_t address, unsigned bytes, Use use,
                         const void* pc) {
  const Allocation found = arena.nearest(address);
  if (found.freed || address < found.begin || address + bytes > found.end)
    return outside(arena, address, bytes, use, pc);
  known_[next_known_] = {found.begin, found.end - found.begin};
  next_known_ = (next_known_ + 1) % known_count;
  see(address, bytes, use, pc);
}

void Checker::outside(const Arena& arena, std::uintptr_t address, unsigned bytes, Use use,
                      const void* pc) {
  Allocation found = arena.nearest(address);
  // Between two allocations: the one that is nearer is the one that was missed.
  if (address >= found.end)
    if (const Allocation above = arena.nearest(address + 256);
        above.begin > address && above.begin - address < address - found.end)
      found = above;
  const std::string does = use == Use::read ? "reads" : "writes";
  const std::size_t size = found.end - found.begin;
  std::ostringstream details;
  if (found.freed && address < found.end && address >= found.begin) {
    details << "  expected   an address in memory that is allocated\n"
            << "  got        byte " << address - found.begin << " of " << size
            << " bytes that were freed before the launch\n"
            << "  look at    who owns that memory, and whether it lives until the kernel has run\n";
    return report(does + " memory that was freed", pc, details.str());
  }
  details << "  expected   an address in the allocation of " << size << " bytes";
  if (size % 4 == 0) details << " (" << size / 4 << " floats)";
  details << " that is nearest\n  got        " << bytes << " bytes, ";
  if (address >= found.end)
    details << address - found.end << " bytes past its end";
  else if (address < found.begin)
    details << found.begin - address << " bytes before its beginning";
  else
    details << "which begin " << found.end - address << " bytes before its end and go beyond it";
  if (bytes == 4 && size % 4 == 0 && (address - found.begin) % 4 == 0)
    details << ": of floats, the one at index "
            << (static_cast<std::int64_t>(address) - static_cast<std::int64_t>(found.begin)) / 4;
  details << "\n  look at    the index, and the condition that keeps the grid's last threads from "
             "working: if (i < n)\n";
  report(does + " global memory out of bounds", pc, details.str());
}

void Checker::see_elsewhere(std::uintptr_t address, unsigned bytes, Use use, const void* pc) {
  if (use == Use::read)
    for (const program::Range& range : program::read_only())
      if (range.contains(address)) return;
  const std::string does = use == Use::read ? "reads" : "writes";
  std::ostringstream details;
  if (program::constants().contains(address)) {
    if (use == Use::read) return;
    return report(
        "writes a __constant__ variable", pc,
        "  expected   that kernels only read it\n"
        "  look at    cudaMemcpyToSymbol, by which the host writes it before the launch\n");
  }
  if (address < 65536) {
    details << "  expected   an address of the device\n"
            << "  got        " << bytes << " bytes at address " << address
            << ": a null pointer, or an index from one\n"
            << "  look at    the pointers that the launch hands over\n";
    return report(does + " through a null pointer", pc, details.str());
  }
  if (runner_.is_stack(address)) {
    details << "  expected   a thread's own variables\n"
            << "  got        those of another thread, or more than the " << stack_bytes_ / 1024
            << " KB that a simulated thread has for its own\n"
            << "  look at    pointers to local variables, and large local arrays\n";
    return report(does + " outside its own local memory", pc, details.str());
  }
  if (!program::is_known()) return;
  details << "  expected   an address of the device, from cudaMalloc\n"
          << "  got        " << bytes << " bytes of the host's memory\n"
          << "  look at    the pointers that the launch hands over: a tensor that was not moved by "
             ".to(cuda), or a variable of the host\n";
  report(does + " the host's memory", pc, details.str());
}

// Shared memory.

/// "tile[0][8]", as the kernel's author writes it.
static std::string element_name(const program::SharedVariable& variable, std::size_t byte) {
  std::ostringstream text;
  text << variable.name.substr(variable.name.rfind(':') + 1);
  const std::vector<std::size_t> lengths = program::lengths_of(variable);
  std::size_t elements = 1;
  for (const std::size_t length : lengths) elements *= length;
  const std::size_t size = variable.end - variable.begin;
  if (lengths.empty() || elements == 0 || size % elements != 0) {
    if (size > 8) text << ", at byte " << byte << " of " << size;
    return text.str();
  }
  const std::size_t element = byte / (size / elements);
  for (const std::size_t length : lengths) {
    elements /= length;
    text << '[' << element / elements % length << ']';
  }
  return text.str();
}

void Checker::see_static(std::uintptr_t address, unsigned bytes, Use use, const void* pc) {
  const std::size_t offset = address - image_.begin;
  const bool within = address + bytes <= image_.end && owner_[offset] != 0 &&
                      owner_[offset] == owner_[offset + bytes - 1];
  if (within) return see_shared(offset, bytes, use, pc);
  std::ostringstream details;
  details << "  expected   an address in a __shared__ variable\n  got        " << bytes
          << " bytes that are in none";
  // Which one was missed: the last that begins before.
  const program::SharedVariable* before = nullptr;
  for (const auto& variable : program::shared_variables())
    if (variable.begin <= offset) before = &variable;
  if (before && offset >= before->end && offset - before->end < 4096)
    details << ", but " << offset - before->end << " bytes behind "
            << element_name(*before, before->end - before->begin - 1) << ", the last of its array";
  details << "\n  look at    the index, and the size of the array\n";
  report(
      use == Use::read ? "reads shared memory out of bounds" : "writes shared memory out of bounds",
      pc, details.str());
}

void Checker::see_shared(std::size_t offset, unsigned bytes, Use use, const void* pc) {
  if (counter_.is_counting() && use != Use::atomic)
    counter_.see(thread_->number, offset, bytes,
                 use == Use::read ? Counter::Kind::shared_read : Counter::Kind::shared_write,
                 mark(pc, false).pc);
  const std::size_t end = offset + bytes;
  while (offset < end) {
    const std::size_t index = offset / word;
    if (offset % word == 0 && end - offset >= word && split_[index] != first_epoch_) {
      see_cell(words_[index], offset, use, pc);
      offset += word;
      continue;
    }
    Cell* const cells = split(index);
    for (; offset < end && offset / word == index; ++offset)
      see_cell(cells[offset % word], offset, use, pc);
  }
}

/// The four bytes of a word, each with a cell of its own from now on until the block ends.
Checker::Cell* Checker::split(std::size_t index) {
  Cell* const cells = &bytes_[index * word];
  if (split_[index] != first_epoch_) {
    split_[index] = first_epoch_;
    std::fill_n(cells, word, words_[index]);
  }
  return cells;
}

Checker::Mark Checker::mark(const void* pc, bool atomic) const {
  const auto place =
      reinterpret_cast<std::intptr_t>(pc) - reinterpret_cast<std::intptr_t>(&checking);
  return {epoch_, clock_[thread_->number], static_cast<std::int32_t>(place),
          static_cast<std::uint16_t>(thread_->number), atomic};
}

bool Checker::races(const Mark& before) const {
  if (before.epoch != epoch_ || before.thread == thread_->number) return false;
  if (before.thread / warp_lanes != thread_->warp()) return true;
  return before.clock > heard_[thread_->number][before.thread % warp_lanes];
}

void Checker::see_cell(Cell& cell, std::size_t offset, Use use, const void* pc) {
  if (use != Use::write && cell.write.epoch < first_epoch_) {
    if (has_passed_a_barrier(pc)) return;
    std::ostringstream details;
    details
        << "  expected   that a thread of the block has written " << shared_name(offset)
        << " before\n"
        << "  got        what an earlier block, or nobody, has left there: on a GPU, any number\n"
        << "  look at    whether a __syncthreads() that all threads come to, under no if, stands "
           "between the\n             writing and this line; if so, which elements are written, at "
           "the borders, too\n";
    return report("reads shared memory before anybody has written it", pc, details.str());
  }
  if (races(cell.write) && !(use == Use::atomic && cell.write.atomic))
    return race(cell.write, true, offset, use, pc);
  if (use == Use::read) {
    if (cell.read.epoch == epoch_ && cell.read.thread != thread_->number) {
      // Of two more readers, keep one of another warp: no meeting of a warp can order it.
      const bool keep = cell.other_read.epoch == epoch_ &&
                        cell.other_read.thread / warp_lanes != thread_->warp() &&
                        cell.read.thread / warp_lanes == thread_->warp();
      if (!keep) cell.other_read = cell.read;
    }
    cell.read = mark(pc, false);
    return;
  }
  if (races(cell.read)) return race(cell.read, false, offset, use, pc);
  if (races(cell.other_read)) return race(cell.other_read, false, offset, use, pc);
  cell.write = mark(pc, use == Use::atomic);
}

std::string Checker::shared_name(std::size_t offset) const {
  if (offset >= dynamic_offset_)
    return "byte " + std::to_string(offset - dynamic_offset_) + " of the dynamic shared memory";
  const auto& variables = program::shared_variables();
  if (variables.empty()) return "that place in shared memory";
  const auto& variable = variables[owner_[offset] - 1u];
  return element_name(variable, offset - variable.begin);
}

/// Some threads wait at a barrier that the one which runs has gone past: then that is what is
/// wrong, and not what it has found behind.
bool Checker::has_passed_a_barrier(const void* pc) {
  const Thread* const waiting = runner_.waiting_at_new_barrier();
  if (!waiting) return false;
  const std::string here = program::source_line(pc);
  const std::size_t colon = here.rfind(':');
  if (here.substr(0, colon) != waiting->waits_at.file_name() ||
      std::strtoul(here.c_str() + std::min(colon + 1, here.size()), nullptr, 10) <=
          waiting->waits_at.line())
    return false;
  faulty_ = true;
  runner_.report_passed_barrier(*waiting, here);
  return true;
}

void Checker::race(const Mark& before, bool before_wrote, std::size_t offset, Use use,
                   const void* pc) {
  if (has_passed_a_barrier(pc)) return;
  const void* const place =
      reinterpret_cast<const void*>(reinterpret_cast<std::intptr_t>(&checking) + before.pc);
  std::ostringstream details;
  const std::string barrier =
      before.thread / warp_lanes == thread_->warp()
          ? "__syncthreads() belongs, under no if; or, where no other warp uses this memory, a "
            "__syncwarp()"
          : "__syncthreads() belongs, under no if";
  details << "  expected   a barrier between what two threads do to " << shared_name(offset)
          << "\n  got        " << runner_.name(before.thread) << " has "
          << (before.atomic  ? "changed"
              : before_wrote ? "written"
                             : "read")
          << " it at " << program::source_line(place) << ",\n             "
          << runner_.name(thread_->number) << ' '
          << (use == Use::read    ? "reads"
              : use == Use::write ? "writes"
                                  : "changes")
          << " it at " << program::source_line(pc)
          << ", and no barrier that both came to is between\n"
          << "  look at    where a " << barrier
          << (before_wrote ? "" : ": the others may still be reading what is overwritten")
          << ". On a GPU, either of the two may come first\n";
  report("has a race in shared memory", pc, details.str());
}

void Checker::report(const std::string& what, const void* pc, const std::string& details) {
  faulty_ = true;
  runner_.report(what + " at " + program::source_line(pc), details);
}

}  // namespace cuda_simulator
