// Package postgres owns how the platform comes by a PostgreSQL database and looks after it: a private server run from
// the machine's programs ([StartEmbedded]), a pool of connections to any PostgreSQL 15 or newer ([Open]), the schema's
// migrations ([Migrate]) and tables partitioned by day ([DayPartitions]).
//
// It doesn't own any table: those are migrations' and their rows projections'. Package pgtest beside it gives tests a
// database of their own.
package postgres
