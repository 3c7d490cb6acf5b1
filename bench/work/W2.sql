-- What a release brings: new tables, indexes, columns, and a backfill of every row.
CREATE TABLE invoices (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users(id),
    cents INTEGER NOT NULL,
    issued_at TEXT NOT NULL
);
CREATE TABLE invoice_lines (
    id INTEGER PRIMARY KEY,
    invoice_id INTEGER NOT NULL REFERENCES invoices(id),
    text TEXT NOT NULL,
    cents INTEGER NOT NULL
);
CREATE INDEX invoice_lines_invoice ON invoice_lines(invoice_id);
CREATE INDEX users_email ON users(email);
ALTER TABLE users ADD COLUMN currency TEXT;
ALTER TABLE users ADD COLUMN credit INTEGER NOT NULL DEFAULT 0;
UPDATE users SET currency = 'EUR', credit = id % 100;
-- lockstep:down
DROP TABLE invoice_lines;
DROP TABLE invoices;
DROP INDEX users_email;
ALTER TABLE users DROP COLUMN currency;
ALTER TABLE users DROP COLUMN credit;
