#pragma once
#include <atomic>
#include <string_view>

namespace kindling::distributed {

/// From now on this process says its last words if it is ended by SIGTERM, which is what mpirun
/// sends to all ranks when one has gone.
/// \param job_has_failed in memory that the ranks of a host share: the first to set it speaks, the
/// others are silent
void speak_when_ended(std::atomic<bool>& job_has_failed);
void be_silent_when_ended();

/// What this rank is waiting for; empty, if nothing. Called by one thread.
void set_last_words(std::string_view words);

}  // namespace kindling::distributed
