package io.dromedary.command;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converts an argument to a number from 1 to 999,999,999. */
final class WholeNumber implements ITypeConverter<Integer> {

  static final int MOST = 999_999_999;

  @Override
  public Integer convert(String value) {
    if (!value.matches("[1-9]\\d{0,8}")) {
      throw new TypeConversionException("expected a whole number from 1 to " + MOST);
    }
    return Integer.valueOf(value);
  }
}
