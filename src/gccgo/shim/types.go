// Package runtime, as far as it is Go: the types that programs name and their methods. Compiled by gccgo into
// the door's object, in place of libgo's.
//
// Programs are compiled against libgo's export data, so names, layouts and method sets are those of Go 1.18.
// Functions without a body are written in C, in the folder above, under the name that gccgo gives them.
package runtime

import "unsafe"

// An Error is a run time error.
type Error interface {
	error
	RuntimeError()
}

// A TypeAssertionError explains a failed type assertion.
type TypeAssertionError struct {
	inter, concrete, asserted unsafe.Pointer
	missingMethod             string
}

func (*TypeAssertionError) RuntimeError() {}

// A Func is a function of the running binary.
type Func struct {
	name  string
	entry uintptr
}

// Frames turns program counters into functions, files and lines.
type Frames struct {
	callers   []uintptr
	last      uintptr
	lastCount int
}

// A Frame is what Frames.Next returns.
type Frame struct {
	PC       uintptr
	Func     *Func
	Function string
	File     string
	Line     int
	Entry    uintptr
}

// A StackRecord is a stack, as the profiles have it.
type StackRecord struct {
	Stack0 [32]uintptr
}

// stack returns the program counters before the first zero.
func stack(pcs *[32]uintptr) []uintptr {
	for i, pc := range pcs {
		if pc == 0 {
			return pcs[:i]
		}
	}
	return pcs[:]
}

func (r *StackRecord) Stack() []uintptr { return stack(&r.Stack0) }

// A MemProfileRecord describes what was allocated at one place.
type MemProfileRecord struct {
	AllocBytes, FreeBytes     int64
	AllocObjects, FreeObjects int64
	Stack0                    [32]uintptr
}

func (r *MemProfileRecord) InUseBytes() int64   { return r.AllocBytes - r.FreeBytes }
func (r *MemProfileRecord) InUseObjects() int64 { return r.AllocObjects - r.FreeObjects }
func (r *MemProfileRecord) Stack() []uintptr    { return stack(&r.Stack0) }

// A BlockProfileRecord describes where goroutines waited.
type BlockProfileRecord struct {
	Count  int64
	Cycles int64
	StackRecord
}

// MemStats are the allocator's numbers.
type MemStats struct {
	Alloc         uint64
	TotalAlloc    uint64
	Sys           uint64
	Lookups       uint64
	Mallocs       uint64
	Frees         uint64
	HeapAlloc     uint64
	HeapSys       uint64
	HeapIdle      uint64
	HeapInuse     uint64
	HeapReleased  uint64
	HeapObjects   uint64
	StackInuse    uint64
	StackSys      uint64
	MSpanInuse    uint64
	MSpanSys      uint64
	MCacheInuse   uint64
	MCacheSys     uint64
	BuckHashSys   uint64
	GCSys         uint64
	OtherSys      uint64
	NextGC        uint64
	LastGC        uint64
	PauseTotalNs  uint64
	PauseNs       [256]uint64
	PauseEnd      [256]uint64
	NumGC         uint32
	NumForcedGC   uint32
	GCCPUFraction float64
	EnableGC      bool
	DebugGC       bool
	BySize        [61]struct {
		Size    uint32
		Mallocs uint64
		Frees   uint64
	}
}
