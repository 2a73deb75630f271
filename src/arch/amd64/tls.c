/* tls.c (amd64): the thread-local word that holds g. See tls.h.                      room: arch */
#include "arch/arch.h"

__thread struct g *gort_tls_g __attribute__((tls_model("initial-exec")));
