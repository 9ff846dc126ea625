#pragma once
#include <functional>
#include <map>
#include <string>

#include "testing/oracle.h"

namespace kindling::testing {

/// Runs one operation of ops.json: its inputs and its "args" to its outputs.
using OracleOp = std::function<Tensors(const Tensors& inputs, const Json& args)>;

/// The operations of chapters 1 and 2, under the oracle's names. What is in ops.json and not here
/// belongs to a later chapter, whose test brings its own OracleOp.
const std::map<std::string, OracleOp>& oracle_ops();

/// "matmul {} [3, 2] x [2]": what messages call a case of ops.json.
std::string case_name(const Json& c);

/// CHECKs the outputs of a case: number, shapes, dtypes, elements.
void check_outputs(const Json& c, const OracleOp&);

/// CHECKs the gradients of a case, and the name of its graph node.
/// \return whether the case has gradients to check
bool check_gradients(const Json& c, const OracleOp&);

}  // namespace kindling::testing
