//! The table, row by row.
