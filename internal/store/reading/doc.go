// Package reading reads runs out of a database, for store/sqlite and store/postgres alike: a chunk at a time, so that no connection
// and no transaction is held while the caller looks at what it was given. A caller may therefore take as long as it likes, and use
// the same store meanwhile, even one of a single connection.
//
// What is read is what stood in the run when reading began: rows that are appended meanwhile are not given. A run that is deleted
// meanwhile, or loses rows, ends the reading with store.ErrChanged; it is never short without an error.
//
// Rows by address are sorted here, in memory and in a temporary file. It touches databases through Base alone, and that file.
package reading
