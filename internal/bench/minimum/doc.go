// Package minimum is what ligature's cost is measured against: the same steps over
// the same HTTP bodies, as plain handlers on database/sql, in the fewest statements
// that are still correct when requests race.
//
// On PostgreSQL there is another of it, at once, which sends what is a transaction
// otherwise as one statement. Nobody writes that by hand without need: it is the bound.
//
// It does what a request cannot do without: it reads the session with its account,
// keeps codes and tokens as MACs, counts sends and guesses, spends a code once,
// holds the uniqueness of an address, and writes the event, and the notices that a new
// address owes the others, in the commit that it tells of. It leaves out what makes a library of it: other kinds and databases
// behind interfaces, repeats of lost answers, key rotation, passwords, replacing an
// address, refreshing, cookies, origins, strict bodies. It is no
// example to follow.
//
// It also counts the budgets of the caller and of the target in one statement, so
// that a caller who is refused uses up a victim's. Ligature spends a statement more
// so that none is.
package minimum
