// Package judge turns observations into judgements under a policy. It is pure: the same observation and policy give
// the same judgement, today or in a year, with or without a network.
//
// What a fact means is the business of its check's judge; the policy says how much it matters. Whatever did not end
// as answered is undetermined here, whatever else is known of it.
package judge
