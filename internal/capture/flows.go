package capture

// open files a new connection; the oldest gives way when there are too many.
func (r *Reader) open(p *pair, hash uint64) *flow {
	if len(r.flows) >= maxFlows {
		r.finish(r.oldest)
	}
	f := r.spare
	if f == nil {
		f = &flow{}
	} else {
		r.spare, f.newer = f.newer, nil
		r.spares--
	}
	f.pair, f.hash, f.at, f.check = *p, hash, r.now, -1
	r.held += f.dirs[0].size() + f.dirs[1].size()
	r.flows[hash] = f
	r.ignored.remove(hash)
	if f.older = r.newest; f.older != nil {
		f.older.newer = f
	} else {
		r.oldest = f
	}
	r.newest = f
	return f
}

// finish ends a connection and ignores what else comes of it.
func (r *Reader) finish(f *flow) {
	r.ignored.add(f.hash)
	r.end(f)
}

// end hands a connection over to be heard if a check recognised it.
func (r *Reader) end(f *flow) {
	delete(r.flows, f.hash)
	if f.older != nil {
		f.older.newer = f.newer
	} else {
		r.oldest = f.newer
	}
	if f.newer != nil {
		f.newer.older = f.older
	} else {
		r.newest = f.older
	}
	f.older, f.newer = nil, nil
	if f.check < 0 {
		r.recycle(f)
		return
	}
	if r.batch = append(r.batch, f); len(r.batch) == cap(r.batch) {
		r.hand()
	}
}

// recycle keeps the memory of a connection for later ones.
func (r *Reader) recycle(f *flow) {
	r.held -= f.dirs[0].size() + f.dirs[1].size()
	if r.spares == maxSpares {
		return
	}
	*f = flow{dirs: [2]stream{f.dirs[0].reuse(), f.dirs[1].reuse()}, newer: r.spare}
	r.spare = f
	r.spares++
}

// ignored are connections of which nothing more is wanted, as far as there is room: a newer one takes the place of an
// older. It is nil until there is one.
type ignored []uint64

func (g ignored) has(hash uint64) bool { return g != nil && g[hash>>(64-ignoredBits)] == hash }

func (g ignored) remove(hash uint64) {
	if g.has(hash) {
		g[hash>>(64-ignoredBits)] = 0
	}
}

func (g *ignored) add(hash uint64) {
	if *g == nil {
		*g = make(ignored, 1<<ignoredBits)
	}
	(*g)[hash>>(64-ignoredBits)] = hash
}
