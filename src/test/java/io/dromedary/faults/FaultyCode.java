package io.dromedary.faults;

import static net.bytebuddy.matcher.ElementMatchers.any;
import static net.bytebuddy.matcher.ElementMatchers.isAbstract;
import static net.bytebuddy.matcher.ElementMatchers.isBridge;
import static net.bytebuddy.matcher.ElementMatchers.isDeclaredBy;
import static net.bytebuddy.matcher.ElementMatchers.isMethod;
import static net.bytebuddy.matcher.ElementMatchers.isSubTypeOf;
import static net.bytebuddy.matcher.ElementMatchers.nameMatches;
import static net.bytebuddy.matcher.ElementMatchers.nameStartsWith;
import static net.bytebuddy.matcher.ElementMatchers.named;
import static net.bytebuddy.matcher.ElementMatchers.namedOneOf;
import static net.bytebuddy.matcher.ElementMatchers.not;
import static net.bytebuddy.matcher.ElementMatchers.takesArguments;

import java.lang.instrument.Instrumentation;
import java.lang.reflect.Method;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import net.bytebuddy.agent.ByteBuddyAgent;
import net.bytebuddy.agent.builder.AgentBuilder;
import net.bytebuddy.agent.builder.ResettableClassFileTransformer;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.AsmVisitorWrapper;
import net.bytebuddy.asm.MemberSubstitution;
import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.pool.TypePool;

/**
 * Makes the methods of the code under test, lambdas among them, pass by {@link Faults} when they
 * begin and when they return, until it is undone.
 */
final class FaultyCode {

  private static final String OURS =
      "io\\.dromedary\\.(delivery|destination|event|inbound|json|metrics|outbox|signing|tracking)\\..*";

  private final Instrumentation instrumentation = ByteBuddyAgent.install();
  private final ResettableClassFileTransformer transformer =
      new AgentBuilder.Default()
          .disableClassFormatChanges()
          // Otherwise each class that is changed has the files of all others read again.
          .with(
              new AgentBuilder.PoolStrategy.WithTypePoolCache.Simple(
                  TypePool.Default.ReaderMode.FAST, new ConcurrentHashMap<>()))
          .with(AgentBuilder.RedefinitionStrategy.RETRANSFORMATION)
          .type(
              nameMatches(OURS)
                  .and(not(nameMatches(".*(Test|Contract)(\\$.*)?")))
                  .and(not(isSubTypeOf(Throwable.class))))
          .transform(
              (builder, type, loader, module, domain) ->
                  builder
                      .visit(
                          Advice.to(FaultyCode.Passage.class)
                              .on(
                                  isMethod()
                                      .and(not(isAbstract()))
                                      .and(not(isBridge()))
                                      .and(
                                          not(
                                              namedOneOf(
                                                  "toString", "hashCode", "equals", "compareTo")))
                                      .and(not(named("values").or(nameStartsWith("$"))))
                                      .and(not(this::isAccessor))))
                      .visit(tasks(Executor.class, "execute", Runnable.class))
                      .visit(tasks(Thread.class, "start"))
                      .visit(
                          tasks(
                              ScheduledExecutorService.class,
                              "schedule",
                              Runnable.class,
                              long.class,
                              TimeUnit.class))
                      .visit(
                          tasks(
                              CompletableFuture.class, "runAsync", Runnable.class, Executor.class)))
          .installOn(instrumentation);

  /** Has calls of a method made by {@link FaultyThreads}, but not those of a class's own parent. */
  private static AsmVisitorWrapper tasks(Class<?> of, String name, Class<?>... arguments) {
    Method own =
        Stream.of(FaultyThreads.class.getMethods())
            .filter(method -> method.getName().equals(name))
            .findFirst()
            .orElseThrow();
    MemberSubstitution.WithoutSpecification.ForMatchedMethod calls =
        MemberSubstitution.relaxed()
            .method(named(name).and(takesArguments(arguments)).and(isDeclaredBy(isSubTypeOf(of))));
    boolean isStatic = own.getParameterCount() == arguments.length;
    return (isStatic ? calls : calls.onVirtualCall()).replaceWith(own).on(any());
  }

  /** What only returns a field has nothing that can fail. */
  private boolean isAccessor(MethodDescription method) {
    return method.getParameters().isEmpty()
        && method.getDeclaringType().getDeclaredFields().stream()
            .anyMatch(field -> field.getName().equals(method.getName()));
  }

  /** Becomes part of each method. */
  static final class Passage {

    private Passage() {}

    @Advice.OnMethodEnter
    static void begin(@Advice.Origin("#t.#m") String method) {
      Faults.at("begin", method);
    }

    @Advice.OnMethodExit
    static void end(@Advice.Origin("#t.#m") String method) {
      Faults.at("end", method);
    }
  }

  /** Undoes it. */
  void restore() {
    transformer.reset(instrumentation, AgentBuilder.RedefinitionStrategy.RETRANSFORMATION);
  }
}
