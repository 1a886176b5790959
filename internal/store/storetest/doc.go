// Package storetest is the suite that every store passes: what store.Store and store.Desk promise, told as tests. A room that keeps runs
// calls Run from a test of its own, and Benchmark from a benchmark.
package storetest
