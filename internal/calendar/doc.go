// Package calendar tells when something is due: lines of cron on the clock that hangs on a zone's wall, windows in which nothing begins, and
// what is done about the times that nobody was there for. It keeps nothing and starts nothing; whoever does asks it with two times.
//
// Two nights a year a wall clock does not go on by itself. A line that names its hours is due once on both: a time that the clock leaves
// out is taken at the offset from before, and of a time that it shows twice the first one counts (RFC 5545 section 3.3.5). A line for
// every hour follows the time that passes: it is due in both of the hours that the clock shows twice.
package calendar
