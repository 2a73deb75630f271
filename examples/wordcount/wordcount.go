// wordcount: the twin of wordcount.c, the same program in Go, for comparison.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"sort"
	"sync"
	"sync/atomic"
	"syscall"
)

const maxWaiting = 4096

type table struct {
	words map[string]*uint64
	buf   []byte
}

var (
	tables  chan *table
	running sync.WaitGroup
	waiting = make(chan struct{}, maxWaiting)
	failed  atomic.Bool
)

func complain(path string, err error) {
	if pe, ok := err.(*os.PathError); ok {
		err = pe.Err
	}
	fmt.Fprintf(os.Stderr, "wordcount: %s: %v\n", path, err)
	failed.Store(true)
}

func isLetter(c byte) bool { return (c|32)-'a' < 26 }

func (t *table) add(word []byte) {
	if n := t.words[string(word)]; n != nil {
		*n++
		return
	}
	one := uint64(1)
	t.words[string(word)] = &one
}

func (t *table) countWords(n int, last bool) int {
	i := 0
	for {
		for i < n && !isLetter(t.buf[i]) {
			i++
		}
		start := i
		for i < n && isLetter(t.buf[i]) {
			i++
		}
		if i == n && !last {
			return copy(t.buf, t.buf[start:n])
		}
		if i == start {
			return 0
		}
		t.add(t.buf[start:i])
	}
}

func countFile(t *table, path string) error {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	left := 0
	for {
		n, err := f.Read(t.buf[left:])
		if n > 0 {
			left = t.countWords(left+n, false)
			if left == len(t.buf) {
				t.buf = append(t.buf, make([]byte, len(t.buf))...)
			}
		}
		if err != nil {
			t.countWords(left, true)
			if err == io.EOF {
				return nil
			}
			return err
		}
	}
}

func count(path string) {
	defer running.Done()
	t := <-tables
	err := countFile(t, path)
	tables <- t
	if err != nil {
		complain(path, err)
	}
	<-waiting
}

var todo []string

func visit(path string, mode os.FileMode) {
	switch {
	case mode.IsRegular():
		waiting <- struct{}{}
		running.Add(1)
		go count(path)
	case mode.IsDir():
		todo = append(todo, path)
	}
}

func walk(root string) {
	st, err := os.Lstat(root)
	if err != nil {
		complain(root, err)
		return
	}
	visit(root, st.Mode())
	for len(todo) > 0 {
		dir := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		f, err := os.Open(dir)
		if err != nil {
			complain(dir, err)
			continue
		}
		entries, err := f.ReadDir(-1)
		if err != nil {
			complain(dir, err)
		}
		f.Close()
		for _, e := range entries {
			visit(dir+"/"+e.Name(), e.Type())
		}
	}
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: wordcount DIR")
		os.Exit(2)
	}
	ntables := 2 * runtime.GOMAXPROCS(0)
	tables = make(chan *table, ntables)
	for i := 0; i < ntables; i++ {
		tables <- &table{make(map[string]*uint64), make([]byte, 64<<10)}
	}

	walk(os.Args[1])
	running.Wait()

	all := <-tables
	for i := 1; i < ntables; i++ {
		for w, n := range (<-tables).words {
			if m := all.words[w]; m != nil {
				*m += *n
			} else {
				all.words[w] = n
			}
		}
	}

	words := make([]string, 0, len(all.words))
	for w := range all.words {
		words = append(words, w)
	}
	sort.Slice(words, func(i, j int) bool {
		a, b := *all.words[words[i]], *all.words[words[j]]
		return a > b || a == b && words[i] < words[j]
	})
	out := bufio.NewWriterSize(os.Stdout, 64<<10)
	for _, w := range words {
		fmt.Fprintf(out, "%7d %s\n", *all.words[w], w)
	}
	if err := out.Flush(); err != nil {
		complain("standard output", err)
	}
	if failed.Load() {
		os.Exit(1)
	}
}
