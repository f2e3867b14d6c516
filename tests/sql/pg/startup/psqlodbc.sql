-- What psqlODBC asks for SQLTables, SQLColumns and on connecting: Tableau, Excel, Power BI.

SET DateStyle = 'ISO'

SET extra_float_digits = 2

show transaction_isolation
-- => read committed

select oid, typbasetype from pg_type where typname = 'lo'
-- => 0 rows

show max_identifier_length
-- => 63

select NULL, NULL, NULL
-- => NULL | NULL | NULL

select relname, nspname, relkind from pg_catalog.pg_class c, pg_catalog.pg_namespace n where relkind in ('r', 'v', 'm', 'f', 'p') and nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'pg_temp_1') and n.oid = relnamespace order by nspname, relname
-- => fixes | public | r
-- => kinds | public | r

select n.nspname, c.relname, a.attname, a.atttypid, t.typname, a.attnum, a.attlen, a.atttypmod, a.attnotnull, c.relhasrules, c.relkind, pg_get_expr(d.adbin, d.adrelid), case t.typtype when 'd' then t.typbasetype else 0 end, t.typtypmod, 0, attidentity, c.relhassubclass from (((pg_catalog.pg_class c inner join pg_catalog.pg_namespace n on n.oid = c.relnamespace and c.relname = 'fixes') inner join pg_catalog.pg_attribute a on (not a.attisdropped) and a.attnum > 0 and a.attrelid = c.oid) inner join pg_catalog.pg_type t on t.oid = a.atttypid) left outer join pg_attrdef d on a.atthasdef and d.adrelid = a.attrelid and d.adnum = a.attnum where a.attnum = 3 order by n.nspname, c.relname, attnum
-- => public | fixes | lat | 701 | float8 | 3 | 8 | -1 | f | f | r | NULL | 0 | -1 | 0 |  | f
