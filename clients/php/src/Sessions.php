<?php

// The commands as methods: arrays in, arrays out. The server applies all rules. This file only
// decides which node gets a command.

declare(strict_types=1);

namespace SessionsForRedis;

use SessionsForRedis\Data\Json;

/**
 * A session is an array with the fields of the server's reply: always `sid`, `r`, `w`, `ttl`,
 * `idle` and `d`, and if they are known `token`, `id`, `ip`, `ua`, `created`, `until`, `no_resave`,
 * `d_text`. For an unknown or timed-out session a method returns null, false or 0.
 *
 * @phpstan-type Session array{sid: string, r: int, w: int, ttl: int, idle: int, d?: array<mixed>,
 *     token?: string, id?: string, ip?: string, ua?: string, created?: int, until?: int,
 *     no_resave?: true, d_text?: string}
 */
final class Sessions
{
    public readonly string $app;
    private readonly Commands $commands;

    /**
     * @param \Redis|\RedisCluster|\Predis\ClientInterface|\Closure|Commands $client your own
     *     client, connected by you, or a Closure that returns it when the first command is sent
     * @param string $app the namespace of the sessions: 1 to 64 of `A-Z a-z 0-9 _ -`
     */
    public function __construct(mixed $client, string $app)
    {
        $this->commands = $client instanceof Commands ? $client : new Commands($client, $app);
        $this->app = $app;
    }

    /** Whether the client is one of a cluster. */
    public function isCluster(): bool
    {
        return $this->commands->sender->isCluster();
    }

    private static function json(#[\SensitiveParameter] mixed $data): string
    {
        return is_array($data)
            ? Json::object($data)
            : throw new \InvalidArgumentException('data must be an array, not ' . get_debug_type($data));
    }

    /** @return list<mixed> */
    private function everywhere(Words $words): array
    {
        return $this->commands->sender->everywhere($words->list());
    }

    private static function parsed(#[\SensitiveParameter] mixed $reply): ?array
    {
        return $reply === null ? null : Json::read((string) $reply);
    }

    /** The sum of the counts that all primaries return. */
    private function sum(Words $words): int
    {
        return array_sum(array_map(intval(...), $this->everywhere($words)));
    }

    /**
     * Creates a session and returns its token. With null as id the session is anonymous.
     *
     * @param array{ip?: ?string, ua?: ?string, ttl?: ?int, lifetime?: ?int, noResave?: bool,
     *     max?: ?int, reject?: bool, data?: ?array<mixed>} $options
     */
    public function create(string|int|null $id, #[\SensitiveParameter] array $options = []): string
    {
        // In a cluster the random text distributes anonymous sessions over the nodes.
        $key = $id === null ? bin2hex(random_bytes(8)) : (string) $id;
        if (isset($options['data'])) {
            $options['data'] = self::json($options['data']);
        }
        $words = $this->commands->words('CREATE', [$key], $options);
        if ($id === null) {
            $words->add('ANON');
        }
        $words->device()->ends()->flag('NORESAVE', 'noResave')->limit()->value('DATA', 'data');
        return (string) $this->commands->at($key, $words);
    }

    /** Reads a session, counts the read and refreshes it. */
    public function get(#[\SensitiveParameter] string $token): ?array
    {
        return self::parsed($this->commands->get($token));
    }

    /** Reads a session without counting or refreshing it. */
    public function peek(#[\SensitiveParameter] string $token): ?array
    {
        return self::parsed($this->commands->peek($token));
    }

    /**
     * Merges the changes into the data: null removes a key, and other keys stay. Returns the
     * changed session.
     *
     * @param array<mixed> $changes
     * @param array{ifW?: ?int, ifId?: ?string, ttl?: ?int, lifetime?: ?int} $options
     */
    public function set(
        #[\SensitiveParameter] string $token,
        #[\SensitiveParameter] array $changes,
        #[\SensitiveParameter] array $options = [],
    ): ?array {
        return self::parsed($this->commands->set($token, Json::object($changes), $options));
    }

    /**
     * Saves all data of a session under a token that the caller has generated. Returns 2: created,
     * 1: written, 0: not allowed by `nx`, `xx` or `ifW`.
     *
     * @param array<mixed> $data
     * @param array{nx?: bool, xx?: bool, id?: string|int|null, ip?: ?string, ua?: ?string,
     *     ttl?: ?int, lifetime?: ?int, noResave?: bool, max?: ?int, reject?: bool, ifW?: ?int} $options
     *     with `id` null the session is anonymous
     */
    public function save(
        #[\SensitiveParameter] string $token,
        #[\SensitiveParameter] array $data,
        #[\SensitiveParameter] array $options = [],
    ): int {
        return $this->commands->save($token, Json::object($data), $options);
    }

    /** Adds to a number in the data and returns the sum. */
    public function incr(#[\SensitiveParameter] string $token, string $key, int $by = 1): ?int
    {
        $reply = $this->commands->at($token, $this->commands->words('INCR', [$token, $key, 'BY', $by]));
        return $reply === null ? null : (int) $reply;
    }

    /**
     * Refreshes a session without reading it.
     *
     * @param array{ttl?: ?int} $options
     */
    public function touch(#[\SensitiveParameter] string $token, array $options = []): bool
    {
        return $this->commands->touch($token, $options);
    }

    public function exists(#[\SensitiveParameter] string $token): bool
    {
        return (int) $this->commands->at($token, $this->commands->words('EXISTS', [$token])) === 1;
    }

    /**
     * Replaces the session's token. With `id` (a log-in) the session gets that user. Returns the
     * new token, or null.
     *
     * @param array{id?: string|int|null, grace?: ?int, ip?: ?string, ua?: ?string, ttl?: ?int,
     *     lifetime?: ?int, max?: ?int, reject?: bool, data?: ?array<mixed>} $options with `id` null
     *     the session is anonymous
     */
    public function rotate(#[\SensitiveParameter] string $token, #[\SensitiveParameter] array $options = []): ?string
    {
        if (isset($options['data'])) {
            $options['data'] = self::json($options['data']);
        }
        return $this->commands->rotate($token, $options);
    }

    /** Ends a session. */
    public function kill(#[\SensitiveParameter] string $token): bool
    {
        return $this->commands->kill($token);
    }

    /**
     * Ends the sessions of an id: all of them, all except the one with the token `except`, or only
     * the one with the sid `only`.
     *
     * @param array{except?: ?string, only?: ?string} $options
     */
    public function killSoid(string|int $id, #[\SensitiveParameter] array $options = []): int
    {
        $words = $this->commands->words('KILLSOID', [$id], $options)->value('EXCEPT', 'except')->value('ONLY', 'only');
        return (int) $this->commands->at((string) $id, $words);
    }

    /** Ends all sessions of the app. */
    public function killAll(): int
    {
        return $this->sum($this->commands->words('KILLALL'));
    }

    /**
     * The sessions of an id, most recently active first.
     *
     * @param array{only?: ?string, dt?: ?int, asc?: bool, offset?: ?int, limit?: ?int,
     *     noData?: bool, withTokens?: bool} $options
     * @return list<array<string, mixed>>
     */
    public function soid(string|int $id, array $options = []): array
    {
        [$offset, $limit] = self::page($options);
        $words = $this->commands->words('SOID', [$id], $options);
        $words->value('ONLY', 'only')->value('DT', 'dt')->flag('ASC', 'asc');
        $words->page($offset, $limit)->flag('NODATA', 'noData')->flag('WITHTOKENS', 'withTokens')->add('JSON');
        return self::parsed($this->commands->at((string) $id, $words)) ?? [];
    }

    /**
     * The sessions of the app that were active within `dt` seconds (0: no limit), most recently
     * active first.
     *
     * @param array{offset?: ?int, limit?: ?int, noData?: bool, withTokens?: bool} $options
     * @return list<array<string, mixed>>
     */
    public function soapp(int $dt, array $options = []): array
    {
        [$offset, $limit] = self::page($options);
        $words = $this->paged($this->commands->words('SOAPP', [$dt], $options), $offset, $limit);
        $words->flag('NODATA', 'noData')->flag('WITHTOKENS', 'withTokens')->add('JSON');
        $lists = array_map(self::parsed(...), $this->everywhere($words));
        if (!$this->isCluster()) {
            return $lists[0];
        }
        $all = array_merge(...$lists);
        usort($all, static fn (array $one, array $other): int => $one['idle'] <=> $other['idle']);
        return self::cut($all, $offset, $limit);
    }

    /** How many ids were active within `dt` seconds (0: no limit). */
    public function activity(int $dt): int
    {
        return $this->sum($this->commands->words('ACTIVITY', [$dt]));
    }

    /**
     * How many sessions the app has, or had within `dt` seconds.
     *
     * @param array{dt?: ?int} $options
     */
    public function count(array $options = []): int
    {
        return $this->sum($this->commands->words('COUNT', [], $options)->value('DT', 'dt'));
    }

    /**
     * How many live sessions an id has.
     *
     * @param array{dt?: ?int} $options
     */
    public function countSoid(string|int $id, array $options = []): int
    {
        $words = $this->commands->words('COUNTSOID', [$id], $options)->value('DT', 'dt');
        return (int) $this->commands->at((string) $id, $words);
    }

    /**
     * The ids that were active within `dt` seconds; most recently active first (in a cluster, per
     * node).
     *
     * @param array{offset?: ?int, limit?: ?int} $options
     * @return list<string>
     */
    public function users(int $dt, array $options = []): array
    {
        [$offset, $limit] = self::page($options);
        $words = $this->paged($this->commands->words('USERS', [$dt], $options), $offset, $limit);
        $lists = $this->everywhere($words);
        if (!$this->isCluster()) {
            return $lists[0];
        }
        $turns = array_map(null, [], ...$lists); // with the empty list: lists even of one
        $all = array_merge(...array_map(static fn (array $turn): array => array_slice($turn, 1), $turns));
        return self::cut(array_values(array_filter($all, is_string(...))), $offset, $limit);
    }

    /** @return array{int, int} */
    private static function page(array $options): array
    {
        return [(int) ($options['offset'] ?? 0), (int) ($options['limit'] ?? -1)];
    }

    /** The page that each node of a cluster returns, from which the requested page is cut. */
    private function paged(Words $words, int $offset, int $limit): Words
    {
        if (!$this->isCluster()) {
            return $words->page($offset, $limit);
        }
        return $words->page(0, $limit < 0 ? -1 : $offset + $limit);
    }

    private static function cut(array $list, int $offset, int $limit): array
    {
        return array_slice($list, $offset, $limit < 0 ? null : $limit);
    }

    /** Omits the client, whose settings may contain a password. */
    public function __debugInfo(): array
    {
        return ['app' => $this->app];
    }
}
