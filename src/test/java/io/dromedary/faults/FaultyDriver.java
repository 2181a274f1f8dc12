package io.dromedary.faults;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Takes the place of the JDBC drivers until it is closed, and makes their calls pass by {@link
 * Faults}: each before it is made, and after it has been made, when the caller does not hear of it.
 */
final class FaultyDriver implements Driver, AutoCloseable {

  private static final StackWalker STACK = StackWalker.getInstance();

  /** Without effect, or without one that matters. */
  private static final Set<String> QUIET =
      Set.of("toString", "hashCode", "equals", "isClosed", "isWrapperFor", "unwrap", "wasNull");

  private final List<Driver> drivers = Collections.list(DriverManager.getDrivers());

  FaultyDriver() throws SQLException {
    for (Driver driver : drivers) {
      DriverManager.deregisterDriver(driver);
    }
    DriverManager.registerDriver(this);
  }

  @Override
  public void close() throws SQLException {
    DriverManager.deregisterDriver(this);
    for (Driver driver : drivers) {
      DriverManager.registerDriver(driver);
    }
  }

  /** A connection whose calls do not fail. */
  Connection plain(String url) throws SQLException {
    for (Driver driver : drivers) {
      Connection connection = driver.connect(url, new Properties());
      if (connection != null) {
        return connection;
      }
    }
    throw new SQLException("no driver for " + url);
  }

  @Override
  public @Nullable Connection connect(String url, Properties info) throws SQLException {
    String where = "Driver.connect" + caller();
    for (Driver driver : drivers) {
      if (driver.acceptsURL(url)) {
        Faults.at("before", where);
        Connection connection = driver.connect(url, info);
        if (connection != null) {
          return wrapped(Connection.class, connection);
        }
      }
    }
    return null;
  }

  private static Object wrapped(Object value) {
    if (value instanceof PreparedStatement statement) {
      return wrapped(PreparedStatement.class, statement);
    } else if (value instanceof Statement statement) {
      return wrapped(Statement.class, statement);
    } else if (value instanceof ResultSet rows) {
      return wrapped(ResultSet.class, rows);
    }
    return value;
  }

  private static <T> T wrapped(Class<T> type, T real) {
    return type.cast(
        Proxy.newProxyInstance(
            FaultyDriver.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> call(type, real, method, arguments)));
  }

  private static @Nullable Object call(
      Class<?> type, Object real, Method method, Object @Nullable [] arguments) throws Throwable {
    if (QUIET.contains(method.getName())) {
      return invoke(real, method, arguments);
    }
    String where = type.getSimpleName() + "." + method.getName() + caller();
    if (!method.getName().equals("close")) {
      Faults.at("before", where);
    }
    Object result = invoke(real, method, arguments);
    Faults.at("after", where);
    return result == null ? null : wrapped(result);
  }

  private static @Nullable Object invoke(Object real, Method method, Object @Nullable [] arguments)
      throws Throwable {
    try {
      return method.invoke(real, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  /** The method of ours that makes the call. */
  private static String caller() {
    return STACK.walk(
        frames ->
            frames
                .filter(
                    frame ->
                        frame.getClassName().startsWith("io.dromedary.")
                            && !frame.getClassName().startsWith("io.dromedary.faults."))
                .findFirst()
                .map(
                    frame ->
                        " in "
                            + frame.getClassName().replaceFirst(".*\\.", "")
                            + "."
                            + frame.getMethodName())
                .orElse(""));
  }

  @Override
  public boolean acceptsURL(String url) throws SQLException {
    for (Driver driver : drivers) {
      if (driver.acceptsURL(url)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) {
    return new DriverPropertyInfo[0];
  }

  @Override
  public int getMajorVersion() {
    return 1;
  }

  @Override
  public int getMinorVersion() {
    return 0;
  }

  @Override
  public boolean jdbcCompliant() {
    return false;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException();
  }
}
