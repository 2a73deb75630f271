package main

import (
	"strconv"
	"time"
)

var mapMeasures = []measure{
	{"map_get_int", mapGetInt},
	{"map_get_str", mapGetStr},
	{"map_insert", mapInsert},
	{"map_iter", mapIter},
	{"map_del_ins", mapDelIns},
}

const entries = 100000

func intMap() map[int]int {
	m := map[int]int{}
	for i := 0; i < entries; i++ {
		m[i] = i
	}
	return m
}

func mapGetInt(ops int) {
	m := intMap()
	sum, n := 0, 0
	start := time.Now()
	for n < ops {
		for i := 0; i < entries && n < ops; i++ {
			sum += m[i] - i
			n++
		}
	}
	report("map_get_int", start, ops)
	check(sum, 0)
}

func mapGetStr(ops int) {
	m := map[string]int{}
	keys := make([]string, entries)
	for i := range keys {
		keys[i] = "key-" + strconv.Itoa(i)
		m[keys[i]] = i
	}
	sum, n := 0, 0
	start := time.Now()
	for n < ops {
		for i := 0; i < entries && n < ops; i++ {
			sum += m[keys[i]] - i
			n++
		}
	}
	report("map_get_str", start, ops)
	check(sum, 0)
}

func mapInsert(ops int) {
	start := time.Now()
	m := map[int]int{}
	for i := 0; i < ops; i++ {
		m[i] = i
	}
	report("map_insert", start, ops)
	check(len(m), ops)
}

func mapIter(ops int) {
	m := intMap()
	sum, walks := 0, ops/entries+1
	start := time.Now()
	for i := 0; i < walks; i++ {
		for k, v := range m {
			sum += k - v + 1
		}
	}
	report("map_iter", start, walks*entries)
	check(sum, walks*entries)
}

func mapDelIns(ops int) {
	m := intMap()
	n := 0
	start := time.Now()
	for n < ops {
		for i := 0; i < entries && n < ops; i++ {
			delete(m, i)
			m[i] = n
			n++
		}
	}
	report("map_del_ins", start, ops)
	check(len(m), entries)
}
