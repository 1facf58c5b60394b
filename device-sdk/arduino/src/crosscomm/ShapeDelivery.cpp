// Maps without their keys, at least once. Linked where a sketch delivers some.

#include "Core.h"
#include "Shape.h"

namespace crosscomm {

Result Shape::deliverParts(const ShapedValue *parts, uint8_t count) const {
  if (core_ == nullptr) return Result::NotBegun;
  const ShapedMessage message = {this, parts, count};
  return core_->keepFrame(Core::writeShaped, &message);
}

}  // namespace crosscomm
