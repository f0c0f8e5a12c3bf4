// Package store is the contract between ligature's core and whatever keeps its
// records: six kinds of plain data and one interface of nine methods.
//
// A store holds no rule. It answers two questions, "does this version still
// match" and "is this identifier free", and it answers them together with the
// write, all or nothing. Everything else (expiry, attempts, epochs, who may do
// what) is decided by package association, which puts its decisions into one
// [Change] and hands them to [Store.Apply].
//
// What a store keeps is an envelope that it may index and an opaque Data that
// it never looks into, so new features need neither a migration nor a change in
// anyone's store.
//
// # Writing a store
//
// Implement [Store], then prove it with storetest.Run: the suite is the
// contract in executable form, races included. Three habits carry most of it.
//
//   - Bytes are bytes. IDs, kinds and values are compared byte for byte: no
//     case folding, no collation, no trimming of spaces or NUL.
//   - Numbers are 64-bit integers. Times are Unix microseconds; a store has no
//     clock and never asks the database for one.
//   - Decide by the write, not by a read before it: a guarded update and the
//     count of rows it changed, or a compare-and-set. At the usual isolation
//     levels a read followed by a write inside a transaction lets many callers
//     spend one code.
//
// # Sizes
//
// The core never exceeds these, so columns can be sized by them: IDs 128 bytes,
// Association.Kind 64 bytes of ASCII, Association.Value 320 bytes,
// Association.Display 320 bytes of UTF-8 without NUL, Data 64 KiB (65,536
// bytes). An account's ID is the host's own and may hold any UTF-8 without
// control characters; the other IDs are printable ASCII. No ID is empty. A Change has
// at most 100 records and a megabyte in all, a call of Count at most 8 counters.
package store
