#pragma once

namespace anabranch {

/// Deletes by a C library's function: std::unique_ptr<BIO, FreeBy<BIO_free>>.
template <auto Free>
struct FreeBy {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

}  // namespace anabranch
