package com.example.shop;

import org.apache.camel.main.Main;

/** An application with routes of its own, which are in shop/. */
public final class Shop {

  private Shop() {}

  public static void main(String[] args) throws Exception {
    System.exit(new Main().run(args));
  }
}
