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
	if place := &r.ignored[hash>>(64-ignoredBits)]; *place == hash {
		*place = 0
	}
	if f.older = r.newest; f.older != nil {
		f.older.newer = f
	} else {
		r.oldest = f
	}
	r.newest = f
	return f
}

// finish ends a connection, ignores what else comes of it, and hands it over to be heard if a check recognised it.
func (r *Reader) finish(f *flow) {
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
	r.ignored[f.hash>>(64-ignoredBits)] = f.hash
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
