package main

import (
	"fmt"
	"strconv"
	"time"
)

var langMeasures = []measure{
	{"iface_assert", ifaceAssert},
	{"append_grow", appendGrow},
	{"str_concat", strConcat},
	{"sprintf", sprintf},
}

type named interface{ name() string }
type counter interface{ count() int64 }

type (
	ant struct{ n int64 }
	bee struct{ n int64 }
	cat struct{ n int64 }
	dog struct{ n int64 }
)

func (*ant) name() string   { return "ant" }
func (*bee) name() string   { return "bee" }
func (*cat) name() string   { return "cat" }
func (*dog) name() string   { return "dog" }
func (a *ant) count() int64 { a.n++; return a.n }
func (b *bee) count() int64 { b.n++; return b.n }
func (c *cat) count() int64 { c.n++; return c.n }
func (d *dog) count() int64 { d.n++; return d.n }

func ifaceAssert(ops int) {
	a, b, c, d := new(ant), new(bee), new(cat), new(dog)
	all := [...]named{a, b, c, d}
	start := time.Now()
	for i := 0; i < ops; i++ {
		all[i&3].(counter).count()
	}
	report("iface_assert", start, ops)
	check(int(a.n+b.n+c.n+d.n), ops)
}

func appendGrow(ops int) {
	var v []int64
	start := time.Now()
	for i := 0; i < ops; i++ {
		v = append(v, int64(i))
	}
	report("append_grow", start, ops)
	check(len(v), ops)
}

var sinkString string

func strConcat(ops int) {
	total := 0
	start := time.Now()
	for i := 0; i < ops; i++ {
		sinkString = "a" + strconv.Itoa(i) + "bcdef"
		total += len(sinkString)
	}
	report("str_concat", start, ops)
	if total < 7*ops {
		panic(total)
	}
}

func sprintf(ops int) {
	total := 0
	start := time.Now()
	for i := 0; i < ops; i++ {
		sinkString = fmt.Sprintf("%d:%s:%v", i, "abc", i&15)
		total += len(sinkString)
	}
	report("sprintf", start, ops)
	if total < 7*ops {
		panic(total)
	}
}
