// Package store is the contract of Signet's memory: runs, what was observed in them, and where an interrupted one
// goes on. Rooms below it (store/sqlite, store/postgres) keep the rows; what a row holds, how rows are gathered into
// transactions, and how a run leaves and enters a store as JSON lines is decided here, once for all of them, and
// proved by one suite that each of them runs (storetest).
//
// A store keeps observations, never judgements: a run is judged when it is read. It knows no check; facts are JSON to
// it. A row carries its facts, and its transcript where one is kept, packed against what the first rows of the same
// check in the same run looked like (pack.go): hosts of one network resemble each other, and a row of 700 bytes of JSON
// becomes one of about 100.
//
// Beside its rows every transaction keeps a page: which rows belong to which address, and a sum of what they say that the
// next visit to an unchanged host comes to again. The pages of a run are its index, a fiftieth of its size, by which two
// runs are compared without reading what did not change.
//
// With each page stands a sieve, which tells of which addresses the page surely does not speak: what a run holds of one host is read
// without reading every page.
//
// What is guaranteed: after a transaction is committed, which happens at least every second while there is something to
// commit, its observations and the position of the run stand in the store together or not at all, whatever happens to the
// process. A position never runs ahead of the observations that it stands for. A Group is committed in one transaction, and
// whoever closed it is told after the commit. That a commit survives a loss of power as well is an option (Durable).
//
// Whoever reads holds no connection while it has a row. It sees whole transactions, and the run as it stood when reading began; if
// rows go away meanwhile, reading ends with ErrChanged.
//
// Beside the runs a database has a Desk: documents, what people decide and what is derived of runs. They are few and small beside
// observations, each write of them waits for the disk, and none is lost to another writer unseen, by their revisions.
//
// What may be done again: reading, and Delete and Drop of what may be gone already (Delete then says ErrUnknown). Append may not: after an
// error nothing of the batch is stored, but where the connection broke during the commit, which nobody can tell; a Recorder
// stops at the first error, and GoOn goes on from what is stored. Nothing is retried here but what waits for a lock.
package store
