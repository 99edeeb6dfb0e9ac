//! One SQL text, type-checked once per driver.

/// Runs a statement on a reading connection: `on_reader!(db, c => query.fetch_all(c).await)`.
///
/// `c` is the driver's pool. The body is an expression of type `Result<T, sqlx::Error>`, compiled
/// once per driver; the macro's value is `Result<T, store::Error>`. On SQLite a write fails here.
#[macro_export]
macro_rules! on_reader {
    ($db:expr, $c:ident => $body:expr) => {
        match $db.pools() {
            $crate::Pools::Sqlite { reader: $c, .. } => $body.map_err($crate::Error::from),
            $crate::Pools::Postgres($c) => $body.map_err($crate::Error::from),
        }
    };
}

/// Runs a single writing statement: `on_writer!(db, execute => query)` gives the number of rows
/// changed, `on_writer!(db, c => query.fetch_one(c).await)` reads what `RETURNING` gives.
///
/// Like [`on_reader!`] on the writing pool. Several statements belong into [`in_tx!`](crate::in_tx).
#[macro_export]
macro_rules! on_writer {
    ($db:expr, execute => $query:expr) => {
        // The drivers' own answers to `execute` differ in type; the number does not.
        $crate::on_writer!($db, c => $query.execute(c).await.map(|done| done.rows_affected()))
    };
    ($db:expr, $c:ident => $body:expr) => {
        match $db.pools() {
            $crate::Pools::Sqlite { writer: $c, .. } => $body.map_err($crate::Error::from),
            $crate::Pools::Postgres($c) => $body.map_err($crate::Error::from),
        }
    };
}

/// Runs one statement inside a transaction: `on_tx!(tx, execute => query)` gives the number of rows
/// changed, `on_tx!(tx, c => query.fetch_all(c).await)` reads. `tx` is a [`Tx`](crate::Tx) or
/// `&mut Tx`, `c` the driver's `&mut` connection.
#[macro_export]
macro_rules! on_tx {
    ($tx:expr, execute => $query:expr) => {
        $crate::on_tx!($tx, c => $query.execute(c).await.map(|done| done.rows_affected()))
    };
    ($tx:expr, $c:ident => $body:expr) => {
        match $tx.connection() {
            $crate::TxConnection::Sqlite($c) => $body.map_err($crate::Error::from),
            $crate::TxConnection::Postgres($c) => $body.map_err($crate::Error::from),
        }
    };
}

/// Runs a block in one write transaction: commits when it gives `Ok`, rolls back when it gives `Err`
/// or when the caller's future is dropped.
///
/// `in_tx!(db, tx => { on_tx!(tx, c => …)?; Ok(value) })`. Inside, `tx` is `&mut Tx`, to be handed
/// on to functions. `?` leaves the block, not the function. The error may be any type that is made
/// from `store::Error`; where it is not clear from the use, write `in_tx!(db, tx: MyError => …)`.
#[macro_export]
macro_rules! in_tx {
    ($db:expr, $tx:ident => $body:expr) => { $crate::in_tx!($db, $tx: _ => $body) };
    ($db:expr, $tx:ident: $error:ty => $body:expr) => {
        match $db.begin().await {
            ::std::result::Result::Err(error) => {
                ::std::result::Result::Err(::std::convert::From::from(error))
            }
            ::std::result::Result::Ok(mut transaction) => {
                let outcome: ::std::result::Result<_, $error> = async {
                    let $tx = &mut transaction;
                    $body
                }
                .await;
                match outcome {
                    ::std::result::Result::Ok(value) => transaction
                        .commit()
                        .await
                        .map(|()| value)
                        .map_err(::std::convert::From::from),
                    ::std::result::Result::Err(error) => {
                        transaction.rollback().await;
                        ::std::result::Result::Err(error)
                    }
                }
            }
        }
    };
}

/// Defines a struct that reads itself from a row of either driver, each field from the column of the
/// same name: `row! { #[derive(Debug)] pub struct Team { pub id: TeamId, pub name: String } }`.
///
/// A column whose name is a Rust keyword is renamed in SQL (`SELECT type AS kind`).
#[macro_export]
macro_rules! row {
    ($(
        $(#[$meta:meta])*
        $visibility:vis struct $name:ident {
            $($(#[$field_meta:meta])* $field_visibility:vis $field:ident: $type:ty),* $(,)?
        }
    )+) => {$(
        $(#[$meta])*
        $visibility struct $name {
            $($(#[$field_meta])* $field_visibility $field: $type,)*
        }

        impl<'r, R> $crate::reexport::sqlx::FromRow<'r, R> for $name
        where
            R: $crate::reexport::sqlx::Row,
            &'static str: $crate::reexport::sqlx::ColumnIndex<R>,
            $($type: $crate::reexport::sqlx::Decode<'r, R::Database>
                + $crate::reexport::sqlx::Type<R::Database>,)*
        {
            fn from_row(
                row: &'r R,
            ) -> ::std::result::Result<Self, $crate::reexport::sqlx::Error> {
                ::std::result::Result::Ok(Self {
                    $($field: row.try_get(::std::stringify!($field))?,)*
                })
            }
        }
    )+};
}
