-- object: every table, view and macro of this database with the statement that makes it.
--
-- Grain:   one row per object; checks are not among them.
-- Reads:   nothing; the build fills it.
-- Caveat:  a stored view is kept as a table, so that its query stands here alone.
CREATE TABLE raw.object (
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    topic VARCHAR NOT NULL,
    is_stored BOOLEAN NOT NULL,
    sql VARCHAR NOT NULL,
    header VARCHAR NOT NULL
);

COMMENT ON TABLE raw.object IS 'Every table, view and macro of this database with the statement that makes it.';
COMMENT ON COLUMN raw.object.name IS 'Schema and name.';
COMMENT ON COLUMN raw.object.kind IS 'table, view or macro, as the statement makes it.';
COMMENT ON COLUMN raw.object.topic IS 'Folder of its file under sql.';
COMMENT ON COLUMN raw.object.is_stored IS 'Whether the rows of a view are kept as a table of its name.';
COMMENT ON COLUMN raw.object.sql IS 'The statement, without the comments on columns, which the object carries.';
COMMENT ON COLUMN raw.object.header IS 'The lines above the statement: what it is, its grain, what it reads.';
