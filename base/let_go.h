#pragma once

namespace anabranch {

/// Empties a container and gives its memory back, which clear() and an assignment of {} keep.
template <class Container>
void let_go(Container& container) {
  Container().swap(container);
}

}  // namespace anabranch
