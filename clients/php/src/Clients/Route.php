<?php

declare(strict_types=1);

namespace SessionsForRedis\Clients;

/**
 * Sends commands to the server or servers by one kind of client. A reply is null, an int, a string
 * or an array. An error reply is thrown as a SessionsException.
 *
 * @internal
 */
interface Route
{
    /**
     * Sends to the node of the key, the command's second argument.
     *
     * @param list<string> $words
     */
    public function at(#[\SensitiveParameter] string $key, #[\SensitiveParameter] array $words): mixed;

    /**
     * Sends to every primary and returns their replies.
     *
     * @param list<string> $words
     * @return list<mixed>
     */
    public function everywhere(#[\SensitiveParameter] array $words): array;

    public function isCluster(): bool;
}
