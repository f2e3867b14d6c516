// PostgreSQL's JDBC driver against examples/pg_demo: what DBeaver, DataGrip, Metabase and Spark stand on.
//
//   java -cp 'jars/*' Jdbc.java PORT
//
// Prints each test, and ends with 1 if one fails.

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

public class Jdbc {
    private static final int ROWS = 10_000;
    private static final String HEAVY = "SELECT count(*) FROM fixes a, fixes b, fixes c WHERE a.lat * b.lon + c.lat > 1e9";
    private static String port;

    /** One test; it fails by throwing. */
    private interface Test {
        void run(Connection db) throws Exception;
    }

    private static Connection connect(String... settings) throws SQLException {
        Properties all = new Properties();
        all.setProperty("user", "ada");
        all.setProperty("password", "ada's secret");
        all.setProperty("sslmode", "disable");
        for (int at = 0; at < settings.length; at += 2) {
            all.setProperty(settings[at], settings[at + 1]);
        }
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/locard", all);
    }

    private static void same(Object wanted, Object got) {
        if (!String.valueOf(wanted).equals(String.valueOf(got))) {
            throw new AssertionError("wanted " + wanted + ", not " + got);
        }
    }

    private static void holds(boolean fine, Object what) {
        if (!fine) {
            throw new AssertionError(what);
        }
    }

    private static void refused(String state, SQLException error) {
        holds(state.equals(error.getSQLState()), error.getSQLState() + ", not " + state + ": " + error.getMessage());
    }

    /** One column of all rows. */
    private static List<String> column(ResultSet rows, String name) throws SQLException {
        List<String> all = new ArrayList<>();
        try (rows) {
            while (rows.next()) {
                all.add(rows.getString(name));
            }
        }
        return all;
    }

    private static void tables(Connection db) throws Exception {
        DatabaseMetaData about = db.getMetaData();
        same("PostgreSQL", about.getDatabaseProductName());
        holds(about.getDatabaseMajorVersion() >= 15, about.getDatabaseProductVersion());
        holds(column(about.getSchemas(), "TABLE_SCHEM").contains("public"), "no schema public");
        same(List.of("locard"), column(about.getCatalogs(), "TABLE_CAT"));
        String[] kinds = {"TABLE", "VIEW", "MATERIALIZED VIEW", "PARTITIONED TABLE", "FOREIGN TABLE"};
        same(List.of("fixes", "kinds"), column(about.getTables(null, "public", "%", kinds), "TABLE_NAME"));
        same(List.of("TABLE"), column(about.getTables("locard", null, "fixes", null), "TABLE_TYPE"));
        holds(column(about.getTables(null, "pg_catalog", "pg_class", null), "TABLE_TYPE").contains("SYSTEM TABLE"), "pg_class");
        holds(column(about.getTableTypes(), "TABLE_TYPE").contains("TABLE"), "types of tables");
    }

    private static void columns(Connection db) throws Exception {
        Map<String, Integer> types = new TreeMap<>();
        List<String> remarks = new ArrayList<>();
        List<Integer> places = new ArrayList<>();
        try (ResultSet rows = db.getMetaData().getColumns(null, "public", "fixes", "%")) {
            while (rows.next()) {
                types.put(rows.getString("COLUMN_NAME"), rows.getInt("DATA_TYPE"));
                remarks.add(rows.getString("REMARKS"));
                places.add(rows.getInt("ORDINAL_POSITION"));
            }
        }
        same(Set.of("device_id", "is_night", "lat", "lon", "row_no", "ts"), Set.copyOf(types.keySet()));
        same(Types.DOUBLE, types.get("lat"));
        same(Types.BIGINT, types.get("row_no"));
        same(Types.BIT, types.get("is_night"));
        same(Types.TIMESTAMP, types.get("ts"));
        same(Types.VARCHAR, types.get("device_id"));
        same(List.of(1, 2, 3, 4, 5, 6), places);
        holds(remarks.contains("Latitude, degrees, WGS84."), remarks);
        same(List.of("_float8"), column(db.getMetaData().getColumns(null, "public", "kinds", "l"), "TYPE_NAME"));
    }

    private static void constraintsAndTheRest(Connection db) throws Exception {
        DatabaseMetaData about = db.getMetaData();
        same(List.of(), column(about.getPrimaryKeys(null, "public", "fixes"), "COLUMN_NAME"));
        same(List.of(), column(about.getImportedKeys(null, "public", "fixes"), "FKCOLUMN_NAME"));
        same(List.of(), column(about.getExportedKeys(null, "public", "fixes"), "FKCOLUMN_NAME"));
        same(List.of(), column(about.getIndexInfo(null, "public", "fixes", false, false), "INDEX_NAME"));
        same(List.of(), column(about.getBestRowIdentifier(null, "public", "fixes", 0, true), "COLUMN_NAME"));
        column(about.getUDTs(null, "public", "%", null), "TYPE_NAME");
        same(List.of(), column(about.getVersionColumns(null, "public", "fixes"), "COLUMN_NAME").stream().filter(c -> !c.equals("ctid")).toList());
        holds(column(about.getTablePrivileges(null, "public", "fixes"), "PRIVILEGE").size() < 9, "privileges");
        List<String> types = column(about.getTypeInfo(), "TYPE_NAME");
        holds(types.containsAll(List.of("float8", "int8", "text", "timestamptz", "bool", "numeric", "bytea")), types);
        holds(column(about.getFunctions(null, null, "lower"), "FUNCTION_NAME").contains("lower"), "functions");
        column(about.getFunctionColumns(null, "pg_catalog", "lower", null), "COLUMN_NAME");
        column(about.getProcedures(null, "public", "%"), "PROCEDURE_NAME");
        holds(about.getSQLKeywords().contains("analyze"), about.getSQLKeywords());
        column(about.getClientInfoProperties(), "NAME");
        same(63, about.getMaxColumnNameLength());
        same(false, about.getConnection().isClosed());
    }

    private static void values(Connection db) throws Exception {
        for (String binary : new String[] {"false", "true"}) {
            try (Connection one = connect("binaryTransfer", binary, "prepareThreshold", "-1");
                    Statement asking = one.createStatement();
                    ResultSet rows = asking.executeQuery("SELECT * FROM kinds")) {
                rows.next();
                same(true, rows.getBoolean("b"));
                same(-4, rows.getInt("i4"));
                same(Long.MAX_VALUE, rows.getLong("i8"));
                same("18446744073709551615", rows.getBigDecimal("u8"));
                same(0.25f, rows.getFloat("f4"));
                same(0.1, rows.getDouble("f8"));
                same("o'clock\té", rows.getString("t"));
                same("[0, -1]", Arrays.toString(rows.getBytes("by")));
                same("2024-10-04", rows.getObject("da", java.time.LocalDate.class));
                same("2026-06-15T12:00:00.000001", rows.getObject("ts", java.time.LocalDateTime.class));
                same("2026-06-15T12:00Z", rows.getObject("tz", OffsetDateTime.class));
                same("-123.45", rows.getBigDecimal("nu"));
                same("[1.5, null]", Arrays.toString((Object[]) rows.getArray("l").getArray()));
                rows.next();
                for (int at = 1; at <= rows.getMetaData().getColumnCount(); at++) {
                    same(null, rows.getObject(at));
                }
                same(false, rows.next());
            }
        }
    }

    private static void prepared(Connection db) throws Exception {
        String sql = "SELECT row_no, ts, lat FROM fixes WHERE device_id = ? AND row_no < ? AND ts >= ? ORDER BY row_no";
        try (PreparedStatement asking = db.prepareStatement(sql)) {
            same("text", asking.getParameterMetaData().getParameterTypeName(1));
            same("int8", asking.getParameterMetaData().getParameterTypeName(2));
            ResultSetMetaData about = asking.getMetaData();
            same("ts", about.getColumnName(2));
            same(Types.TIMESTAMP, about.getColumnType(2));
            // From the fifth time on the driver keeps the statement and takes binary.
            for (int time = 0; time < 8; time++) {
                asking.setString(1, "device-1");
                asking.setLong(2, 70);
                asking.setObject(3, OffsetDateTime.of(2026, 6, 15, 12, 0, 0, 0, ZoneOffset.UTC).plusSeconds(time));
                List<String> rows = column(asking.executeQuery(), "row_no");
                same(time <= 1 ? 10 : 9, rows.size());
            }
        }
        try (PreparedStatement asking = db.prepareStatement("SELECT count(*) FROM fixes WHERE device_id = ANY(?)")) {
            asking.setArray(1, db.createArrayOf("text", new String[] {"device-1", "device-2"}));
            same(2858, column(asking.executeQuery(), "count").get(0));
        }
        try (PreparedStatement asking = db.prepareStatement("SELECT ?::numeric, ?::date, ?::bytea, ?::bool")) {
            asking.setBigDecimal(1, new java.math.BigDecimal("12.340"));
            asking.setObject(2, java.time.LocalDate.of(2026, 2, 28));
            asking.setBytes(3, new byte[] {0, 1});
            asking.setNull(4, Types.BOOLEAN);
            ResultSet rows = asking.executeQuery();
            rows.next();
            same(0, rows.getBigDecimal(1).compareTo(new java.math.BigDecimal("12.34")));
            same("2026-02-28", rows.getObject(2, java.time.LocalDate.class));
            same("[0, 1]", Arrays.toString(rows.getBytes(3)));
            rows.getBoolean(4);
            same(true, rows.wasNull());
        }
    }

    private static void cursors(Connection db) throws Exception {
        db.setAutoCommit(false);
        try (Statement asking = db.createStatement()) {
            asking.setFetchSize(137);
            long next = 0;
            try (ResultSet rows = asking.executeQuery("SELECT row_no FROM fixes ORDER BY row_no")) {
                while (rows.next()) {
                    same(next++, rows.getLong(1));
                }
            }
            same(ROWS, next);
        }
        db.commit();
        db.setAutoCommit(true);
    }

    private static void limits(Connection db) throws Exception {
        try (Statement asking = db.createStatement()) {
            asking.setMaxRows(3);
            same(3, column(asking.executeQuery("SELECT row_no FROM fixes"), "row_no").size());
        }
        try (Statement asking = db.createStatement()) {
            asking.setQueryTimeout(1);
            asking.executeQuery(HEAVY);
            throw new AssertionError("it was not ended");
        } catch (SQLException error) {
            refused("57014", error);
        }
        try (Statement asking = db.createStatement()) {
            Thread other = new Thread(() -> {
                try {
                    Thread.sleep(500);
                    asking.cancel();
                } catch (Exception error) {
                    error.printStackTrace();
                }
            });
            other.start();
            try {
                asking.executeQuery(HEAVY);
                throw new AssertionError("it was not cancelled");
            } catch (SQLException error) {
                refused("57014", error);
            }
            other.join();
        }
        same(true, db.isValid(5));
    }

    private static void transactions(Connection db) throws Exception {
        db.setAutoCommit(false);
        try (Statement asking = db.createStatement()) {
            same(false, asking.execute("SAVEPOINT here"));
            java.sql.Savepoint savepoint = db.setSavepoint();
            try {
                asking.executeQuery("SELECT nope FROM fixes");
                throw new AssertionError("it was answered");
            } catch (SQLException error) {
                refused("42703", error);
            }
            db.rollback(savepoint);
            same(List.of("1"), column(asking.executeQuery("SELECT 1 AS one"), "one"));
        }
        db.rollback();
        db.setAutoCommit(true);
        db.setReadOnly(true);
        db.setReadOnly(false);
        same(Connection.TRANSACTION_READ_COMMITTED, db.getTransactionIsolation());
        db.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        same(Connection.TRANSACTION_REPEATABLE_READ, db.getTransactionIsolation());
        same("public", db.getSchema());
        same("locard", db.getCatalog());
        db.setClientInfo("ApplicationName", "a test");
        try (Statement asking = db.createStatement()) {
            same(List.of("a test"), column(asking.executeQuery("SHOW application_name"), "application_name"));
            asking.executeUpdate("INSERT INTO fixes SELECT * FROM fixes");
            throw new AssertionError("it was done");
        } catch (SQLException error) {
            refused("25006", error);
        }
    }

    private static void copy(Connection db) throws Exception {
        java.io.StringWriter out = new java.io.StringWriter();
        long rows = db.unwrap(org.postgresql.PGConnection.class).getCopyAPI()
                .copyOut("COPY (SELECT row_no, device_id FROM fixes ORDER BY row_no LIMIT 2) TO STDOUT WITH (FORMAT csv, HEADER)", out);
        same(2, rows);
        same("row_no,device_id\n0,device-0\n1,device-1\n", out);
    }

    private static void wrongPassword(Connection db) throws Exception {
        try {
            connect("password", "wrong").close();
            throw new AssertionError("it was let in");
        } catch (SQLException error) {
            refused("28P01", error);
        }
    }

    public static void main(String[] arguments) throws Exception {
        port = arguments[0];
        Map<String, Test> tests = new LinkedHashMap<>();
        tests.put("tables", Jdbc::tables);
        tests.put("columns", Jdbc::columns);
        tests.put("constraints and the rest", Jdbc::constraintsAndTheRest);
        tests.put("values", Jdbc::values);
        tests.put("prepared", Jdbc::prepared);
        tests.put("cursors", Jdbc::cursors);
        tests.put("transactions", Jdbc::transactions);
        tests.put("copy", Jdbc::copy);
        tests.put("wrong password", Jdbc::wrongPassword);
        tests.put("limits", Jdbc::limits);
        Set<String> failed = new TreeSet<>();
        for (Map.Entry<String, Test> test : tests.entrySet()) {
            try (Connection db = connect()) {
                test.getValue().run(db);
                System.out.println("ok     JDBC " + test.getKey());
            } catch (Throwable error) {
                failed.add(test.getKey());
                System.out.println("FAILED JDBC " + test.getKey());
                error.printStackTrace(System.out);
            }
        }
        System.out.println((tests.size() - failed.size()) + " of " + tests.size() + " passed");
        System.exit(failed.isEmpty() ? 0 : 1);
    }
}
