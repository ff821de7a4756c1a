<?php

declare(strict_types=1);

namespace SessionsForRedis\Stores;

/** The options of all stores. They have the same names as in the package for Node.js. */
final class Options
{
    /** The limits of the server: a mistake is reported at the start, not at the first log-in. */
    private const LARGEST = ['ttl' => PHP_INT_MAX, 'lifetime' => 315_360_000, 'max' => 100];

    public readonly int|\Closure $ttl;
    public readonly ?\Closure $id;
    public readonly \Closure|string|null $ended;

    /**
     * @param int|callable(array<mixed>): int $ttl seconds without use after which a session ends,
     *     or a function of its data
     * @param ?int $lifetime seconds after which a session ends even if it is in use, counted from
     *     its start and from a log-in
     * @param (callable(array<mixed>): (string|int|null))|null $id returns the id of the session's
     *     user from the data; when the id changes, the session moves to the new user. Null:
     *     sessions keep their user
     * @param ?int $max the maximum number of sessions per user: a log-in ends the least recently
     *     active ones
     * @param bool $reject refuse the log-in instead, with LimitException
     * @param bool $merge whether a request stores only the keys that it has changed, so that
     *     simultaneous requests lose nothing
     * @param (callable(string): void)|'error'|null $ended called with the sid of a session that had
     *     ended before it was written; 'error': throw a SessionsException with the code ENDED
     */
    public function __construct(
        int|callable $ttl = 86_400,
        public readonly ?int $lifetime = null,
        ?callable $id = null,
        public readonly ?int $max = null,
        public readonly bool $reject = false,
        public readonly bool $merge = true,
        callable|string|null $ended = null,
    ) {
        foreach (['ttl' => is_int($ttl) ? $ttl : null, 'lifetime' => $lifetime, 'max' => $max] as $name => $value) {
            if ($value !== null && $value < 1) {
                throw new \InvalidArgumentException("$name must be a whole number above 0");
            }
            if ($value !== null && $value > self::LARGEST[$name]) {
                throw new \InvalidArgumentException("$name must be at most " . self::LARGEST[$name]);
            }
        }
        if ($reject && $max === null) {
            throw new \InvalidArgumentException('reject requires max');
        }
        if ($max !== null && $id === null) {
            throw new \InvalidArgumentException('max requires id, which returns the user id of a session');
        }
        if (is_string($ended) && $ended !== 'error' && !is_callable($ended)) {
            throw new \InvalidArgumentException('ended must be a function or "error"');
        }
        $this->ttl = is_int($ttl) ? $ttl : $ttl(...);
        $this->id = $id === null ? null : $id(...);
        $this->ended = $ended === null || $ended === 'error' ? $ended : $ended(...);
    }

    /** @throws \InvalidArgumentException if there is an `id` */
    public function checkForCluster(): void
    {
        if ($this->id !== null) {
            throw new \InvalidArgumentException(
                'id cannot be used in a cluster: the session\'s token is generated without the user id, so it is in '
                . 'another hash slot than the user\'s sessions'
            );
        }
    }
}
