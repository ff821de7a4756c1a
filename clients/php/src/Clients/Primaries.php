<?php

// A command to every primary of a cluster.

declare(strict_types=1);

namespace SessionsForRedis\Clients;

use SessionsForRedis\Exceptions\SessionsException;
use SessionsForRedis\Exceptions\Translation;
use SessionsForRedis\Exceptions\UnavailableException;

/** @internal */
final class Primaries
{
    /**
     * Returns the replies of all nodes. If a node fails, the other nodes still get the command.
     * Then the first failure is thrown, and its message says what was done.
     *
     * @param iterable<mixed> $nodes
     * @param list<string> $words
     * @return list<mixed>
     */
    public static function ask(
        iterable $nodes,
        #[\SensitiveParameter] array $words,
        #[\SensitiveParameter] \Closure $send
    ): array {
        $replies = [];
        $failures = [];
        foreach ($nodes as $node) {
            try {
                $replies[] = $send($node);
            } catch (SessionsException $exception) {
                $failures[] = $exception;
            } catch (\LogicException $exception) {
                throw $exception;
            } catch (\Exception $thrown) {
                $failures[] = Translation::of($thrown->getMessage());
            }
        }
        if ($failures !== []) {
            throw $words[0] === 'SESSIONS.KILLALL' ? self::partly($failures, $replies) : $failures[0];
        }
        return $replies ?: throw new UnavailableException('the cluster client has no known primary', 'UNAVAILABLE');
    }

    /**
     * @param non-empty-list<SessionsException> $failures
     * @param list<mixed> $replies
     */
    private static function partly(array $failures, array $replies): SessionsException
    {
        [$first] = $failures;
        $done = count($replies);
        $all = $done + count($failures);
        $ended = array_sum(array_map(intval(...), $replies));
        $text = "$done of $all primaries ended $ended sessions; repeat the call for the others";
        return new $first("{$first->getMessage()} ($text)", $first->getCode());
    }
}
