// Whoever has the only edge to a node has all that it leads to for himself, and rearranges it: edges go
// from field to field by way of his stack. What is below a node never leads back to it: a ring with a
// finalizer in it would live for ever.
package main

import "runtime"

// One of p's edges; it stays.
func peek(l *lot, p *node) edge {
	switch i := l.n(8); {
	case i < 3:
		return p.kid[i]
	case i == 3 && p.arr != nil:
		return p.arr[l.n(8)]
	case i == 4 && len(p.sl) > 0:
		return p.sl[l.n(len(p.sl))]
	case i == 5:
		for _, e := range p.m {
			return e
		}
	case i == 6 && p.any != nil:
		return p.anyEdge()
	case i == 7 && p.fn != nil:
		return p.fn()
	}
	return edge{}
}

// One of p's edges; it is gone from there.
func takeOut(l *lot, p *node) (e edge) {
	switch i := l.n(8); {
	case i < 3:
		e = p.kid[i]
		p.kid[i] = edge{}
	case i == 3 && p.arr != nil:
		at := &p.arr[l.n(8)]
		e = *at
		*at = edge{}
	case i == 4 && len(p.sl) > 0:
		n := len(p.sl) - 1
		k := l.n(n + 1)
		e = p.sl[k]
		copy(p.sl[k:], p.sl[k+1:])
		p.sl[n] = edge{}
		p.sl = p.sl[:n]
	case i == 5:
		for k, v := range p.m {
			e = v
			delete(p.m, k)
			break
		}
	case i == 6 && p.any != nil:
		e = p.anyEdge()
		p.any, p.anyID = nil, 0
	case i == 7 && p.fn != nil:
		e = p.fn()
		p.fn = nil
	}
	return
}

// False: the place is taken.
func putIn(l *lot, p *node, e edge) bool {
	switch i := l.n(8); {
	case i < 3 && p.kid[i].p == nil:
		p.kid[i] = e
	case i == 3:
		if p.arr == nil {
			p.arr = new([8]edge)
		}
		k := l.n(8)
		if p.arr[k].p != nil {
			return false
		}
		p.arr[k] = e
	case i == 4 && len(p.sl) < 8:
		p.sl = append(p.sl, e)
	case i == 5 && len(p.m) < 8 && (p.m != nil || l.n(8) == 0):
		if p.m == nil {
			p.m = make(map[*node]edge)
		}
		p.m[e.p] = e
	case i == 6 && p.any == nil:
		switch l.n(3) {
		case 0:
			p.any = e
		case 1:
			p.any = &edge{e.p, e.id}
		case 2:
			p.any, p.anyID = e.p, e.id
		}
	case i == 7 && p.fn == nil:
		if l.n(2) == 0 {
			p.fn = func() edge { return e }
		} else {
			p.fn = e.give
		}
	default:
		return false
	}
	return true
}

func descend(l *lot, e edge) edge {
	for n := l.n(6); n > 0; n-- {
		if x := peek(l, e.p); x.p != nil {
			x.check("on the way down")
			e = x
		}
	}
	return e
}

// The root may be another one afterwards.
func mutate(l *lot, root edge, size int) edge {
	for n := 1 + l.n(6); n > 0; n-- {
		p := descend(l, root).p
		switch l.n(9) {
		case 0, 1:
			if size < 40 {
				putIn(l, p, newNode(l))
			}
		case 2, 3, 4:
			move(l, root, p)
		case 5:
			if size > 10 {
				takeOut(l, p)
			}
		case 6:
			if x := peek(l, p); x.p != nil {
				putIn(l, root.p, x)
			}
		case 7:
			rebuild(l, p)
		case 8:
			root = clone(l, root)
		}
	}
	return root
}

func move(l *lot, root edge, p *node) {
	e := takeOut(l, p)
	if e.p == nil {
		return
	}
	switch l.n(8) {
	case 0:
		runtime.Gosched()
	case 1:
		spin(uint64(l.n(20000)))
	case 2, 3:
		garbage(l)
	}
	e.checkOwn("moved")
	for n := 0; n < 5; n++ {
		to := descend(l, root).p
		if !below(e, to) && putIn(l, to, e) {
			break
		}
	}
}

// Is p e's node, or below it? It may hang there by a second edge.
func below(e edge, p *node) bool {
	budget, found := 300, false
	walk("moved", e, 20, &budget, func(x edge) { found = found || x.p == p })
	return found || budget <= 0
}

// The same in other memory.
func rebuild(l *lot, p *node) {
	if p.arr != nil {
		a := *p.arr
		p.arr = nil
		garbage(l)
		if l.n(2) == 0 {
			p.arr = &a
		} else {
			p.arr = new([8]edge)
			*p.arr = a
		}
	}
	if p.sl != nil {
		s := make([]edge, len(p.sl), len(p.sl)+l.n(4))
		copy(s, p.sl)
		for i := range p.sl {
			p.sl[i] = edge{}
		}
		garbage(l)
		p.sl = s
	}
	if p.m != nil {
		m := make(map[*node]edge, l.n(10))
		for k, v := range p.m {
			m[k] = v
			delete(p.m, k)
		}
		p.m = m
	}
	k := p.kid
	p.kid = [3]edge{}
	garbage(l)
	p.kid = [3]edge{k[1], k[2], k[0]}
}

// Nobody else knows the root. If it has no finalizer it can be another object.
func clone(l *lot, root edge) edge {
	p := root.p
	if p.ward != 0 {
		return root
	}
	q := new(node)
	*q = *p
	*p = node{}
	garbage(l)
	return edge{q, root.id}
}
