// What not every sketch uses. Linked with the first of it.

#include "Core.h"

namespace crosscomm {

CROSSCOMM_NOINLINE void Core::usePart(Part &part) {
  parts_ |= part.place;
  Part **at = &allParts_;
  while (*at != nullptr && (*at)->place < part.place) at = &(*at)->next;
  if (*at == &part) return;
  part.next = *at;
  *at = &part;
}

}  // namespace crosscomm
