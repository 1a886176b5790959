// Package reporttest holds what tests of report formats share: a sample run and a sample diff whose texts are hostile, the
// comparison with golden files, and a run of any size to measure what a format keeps. Only tests import it.
package reporttest
