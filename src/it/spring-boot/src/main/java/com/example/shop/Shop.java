package com.example.shop;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** An application with routes of its own, which are in shop/. */
@SpringBootApplication
public class Shop {

  public static void main(String[] args) {
    SpringApplication.run(Shop.class, args);
  }
}
