<?php

declare(strict_types=1);

namespace SessionsForRedis\Tests\Support;

/** A client that runs something just before a command, once. */
final class HookedRedis extends \Redis
{
    /** @var array<string, \Closure> */
    public array $before = [];

    public function rawCommand($command, ...$arguments): mixed
    {
        $run = $this->before[$command] ?? null;
        unset($this->before[$command]);
        $run === null ?: $run();
        return parent::rawCommand($command, ...$arguments);
    }
}
