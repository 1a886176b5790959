package estate

// Reading is one of those that an estate was made of.
func (e *Estate) Reading(i int) *Reading { return e.given[i].Reading }

// OrderedByID are the places of IDs in their order.
func OrderedByID(ids []ID) []uint32 { return byID(len(ids), func(i int) *ID { return &ids[i] }) }

// Numbered interns texts behind others that were interned before, and gives their numbers and what each number stands for.
func Numbered(before, list []string) (numbers []uint32, words []string) {
	var first interner
	for _, s := range before {
		first.word(s)
	}
	n := interner{from: first.texts()}
	for i, s := range list {
		if i%2 == 0 {
			numbers = append(numbers, n.word(s))
		} else {
			numbers = append(numbers, n.add([]byte(s)))
		}
	}
	all := n.texts()
	for _, at := range numbers {
		words = append(words, all.word(at))
	}
	return numbers, words
}

// Remembered is how many rows a board holds, whether or not it shows them.
func (b *Board) Remembered() int { return b.known.Rows() }
