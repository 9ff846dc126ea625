#include "distributed/mpi_calls.h"

#include <new>

#include "distributed/elements.h"
#include "distributed/extremes.h"

/// Operations, in MPI's words.
namespace kindling::distributed {

using Kind = Operation::Kind;

void must(int status, const char* call) {
  if (status == MPI_SUCCESS) return;
  std::string text(MPI_MAX_ERROR_STRING, '\0');
  int length = 0;
  MPI_Error_string(status, text.data(), &length);
  fail(call, ": ", text.substr(0, static_cast<std::size_t>(length)));
}

namespace {

MPI_Datatype mpi_type(DType dtype) {
  switch (dtype) {
    case DType::bool_:
      return MPI_C_BOOL;
    case DType::int64:
      return MPI_INT64_T;
    case DType::float32:
      return MPI_FLOAT;
    case DType::float64:
      return MPI_DOUBLE;
  }
  __builtin_unreachable();
}

/// What MPI calls for one of our own operations: inout[i] = f(in[i], inout[i]).
template <class T, T f(T, T)>
void combine(void* in, void* inout, int* count, MPI_Datatype*) {
  const T* from = static_cast<const T*>(in);
  T* to = static_cast<T*>(inout);
  for (int i = 0; i < *count; ++i) to[i] = f(from[i], to[i]);
}

/// MPI_MAX and MPI_MIN say nothing of NaN: Open MPI's lose it or keep it by the order of the ranks.
template <class T, T f(T, T)>
MPI_Op own_op() {
  static const MPI_Op made = [] {
    MPI_Op op = MPI_OP_NULL;
    must(MPI_Op_create(combine<T, f>, /*commute=*/1, &op), "MPI_Op_create");
    return op;
  }();
  return made;
}

MPI_Op mpi_op(ReduceOp op, DType dtype) {
  const bool logical = dtype == bool_;
  switch (op) {
    case ReduceOp::max:
      if (dtype == float32) return own_op<float, larger<float>>();
      if (dtype == float64) return own_op<double, larger<double>>();
      return logical ? MPI_LOR : MPI_MAX;
    case ReduceOp::min:
      if (dtype == float32) return own_op<float, smaller<float>>();
      if (dtype == float64) return own_op<double, smaller<double>>();
      return logical ? MPI_LAND : MPI_MIN;
    case ReduceOp::product:
      return logical ? MPI_LAND : MPI_PROD;
    default:  // the division of avg follows in Work::wait()
      return logical ? MPI_LOR : MPI_SUM;
  }
}

}  // namespace

void perform(MPI_Comm comm, const Operation& op, int rank) {
  if (op.kind == Kind::barrier || op.kind == Kind::leave) {
    must(MPI_Barrier(comm), "MPI_Barrier");
    return;
  }
  const auto [elements, dtype, in, out] = Elements(op);
  const int count = static_cast<int>(elements);  // see MpiGroup::begin()
  const MPI_Datatype type = mpi_type(dtype);
  const MPI_Op reduction = mpi_op(op.op, dtype);
  switch (op.kind) {
    case Kind::all_reduce:
      must(MPI_Allreduce(MPI_IN_PLACE, out, count, type, reduction, comm), "MPI_Allreduce");
      break;
    case Kind::reduce:
      must(MPI_Reduce(rank == op.peer ? MPI_IN_PLACE : in, out, count, type, reduction, op.peer,
                      comm),
           "MPI_Reduce");
      break;
    case Kind::broadcast:
      must(MPI_Bcast(out, count, type, op.peer, comm), "MPI_Bcast");
      break;
    case Kind::all_gather:
      must(MPI_Allgather(in, count, type, out, count, type, comm), "MPI_Allgather");
      break;
    case Kind::reduce_scatter:
      must(MPI_Reduce_scatter_block(in, out, count, type, reduction, comm),
           "MPI_Reduce_scatter_block");
      break;
    case Kind::scatter:
      must(MPI_Scatter(in, count, type, out, count, type, op.peer, comm), "MPI_Scatter");
      break;
    case Kind::gather:
      must(MPI_Gather(in, count, type, out, count, type, op.peer, comm), "MPI_Gather");
      break;
    default:
      break;
  }
}

MPI_Request start_message(MPI_Comm comm, const Operation& op) {
  MPI_Request request = MPI_REQUEST_NULL;
  const auto [elements, dtype, in, out] = Elements(op);
  const int count = static_cast<int>(elements);  // see MpiGroup::begin()
  const MPI_Datatype type = mpi_type(dtype);
  if (op.kind == Kind::send)
    must(MPI_Isend(in, count, type, op.peer, op.tag, comm, &request), "MPI_Isend");
  else
    must(MPI_Irecv(out, count, type, op.peer, op.tag, comm, &request), "MPI_Irecv");
  return request;
}

bool is_done(MPI_Request& request, MPI_Status* status) {
  int done = 0;
  must(MPI_Test(&request, &done, status), "MPI_Test");
  return done != 0;
}

std::string wrong_length(const Operation& op, const MPI_Status& status) {
  if (op.kind != Kind::recv) return "";
  const Elements wanted(op);
  int got = 0;
  must(MPI_Get_count(&status, mpi_type(wanted.dtype), &got), "MPI_Get_count");
  if (got == wanted.count) return "";
  return "got a message of " + (got == MPI_UNDEFINED ? "another dtype" : std::to_string(got));
}

std::atomic<bool>& shared_flag(MPI_Comm host, MPI_Win& memory) {
  void* own = nullptr;
  must(MPI_Win_allocate_shared(sizeof(std::atomic<bool>), 1, MPI_INFO_NULL, host, &own, &memory),
       "MPI_Win_allocate_shared");
  MPI_Aint size = 0;
  int unit = 0;
  void* first = nullptr;  // the part of the host's first rank
  must(MPI_Win_shared_query(memory, 0, &size, &unit, &first), "MPI_Win_shared_query");
  if (own == first) new (first) std::atomic<bool>(false);
  must(MPI_Barrier(host), "MPI_Barrier");
  return *static_cast<std::atomic<bool>*>(first);
}

}  // namespace kindling::distributed
