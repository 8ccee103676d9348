#include <cblas.h>

// LAPACK's Cholesky routines. libopenblas-dev 0.3.21 (Debian 12) exports them from libopenblas.so itself
// (`nm -D`: spotrf_, spotri_) but has neither lapacke.h nor LAPACKE_ symbols; these are the declarations
// of its f77blas.h, which can't be included beside cblas.h. OpenBLAS implements both in C, so the
// hidden length that Fortran compilers pass for UPLO isn't read.
int spotrf_(char *uplo, blasint *n, float *a, blasint *lda, blasint *info);
int spotri_(char *uplo, blasint *n, float *a, blasint *lda, blasint *info);
