package estate

// Remembered is how many rows a board holds, whether or not it shows them.
func (b *Board) Remembered() int { return b.known.Rows() }
