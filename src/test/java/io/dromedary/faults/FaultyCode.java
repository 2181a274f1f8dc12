package io.dromedary.faults;

import static net.bytebuddy.matcher.ElementMatchers.isAbstract;
import static net.bytebuddy.matcher.ElementMatchers.isBridge;
import static net.bytebuddy.matcher.ElementMatchers.isMethod;
import static net.bytebuddy.matcher.ElementMatchers.isSubTypeOf;
import static net.bytebuddy.matcher.ElementMatchers.nameMatches;
import static net.bytebuddy.matcher.ElementMatchers.nameStartsWith;
import static net.bytebuddy.matcher.ElementMatchers.named;
import static net.bytebuddy.matcher.ElementMatchers.namedOneOf;
import static net.bytebuddy.matcher.ElementMatchers.not;

import java.lang.instrument.Instrumentation;
import net.bytebuddy.agent.ByteBuddyAgent;
import net.bytebuddy.agent.builder.AgentBuilder;
import net.bytebuddy.agent.builder.ResettableClassFileTransformer;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.description.method.MethodDescription;

/**
 * Makes the methods of the code under test, lambdas among them, pass by {@link Faults} when they
 * begin and when they return, until it is undone.
 */
final class FaultyCode {

  private static final String OURS =
      "io\\.dromedary\\.(delivery|event|json|metrics|outbox|signing)\\..*";

  private final Instrumentation instrumentation = ByteBuddyAgent.install();
  private final ResettableClassFileTransformer transformer =
      new AgentBuilder.Default()
          .disableClassFormatChanges()
          .with(AgentBuilder.RedefinitionStrategy.RETRANSFORMATION)
          .type(
              nameMatches(OURS)
                  .and(not(nameMatches(".*(Test|Contract)(\\$.*)?")))
                  .and(not(isSubTypeOf(Throwable.class))))
          .transform(
              (builder, type, loader, module, domain) ->
                  builder.visit(
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
                                  .and(not(this::isAccessor)))))
          .installOn(instrumentation);

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
