// Package judge turns observations into judgements under a policy. It is pure: the same observation and policy give
// the same judgement, today or in a year, with or without a network.
//
// What a fact means is decided by its check (check.Check.Judge); the policy says how much it matters. An observation whose
// outcome is not answered is undetermined here, whatever else is known of it.
package judge
