<?php

declare(strict_types=1);

namespace SessionsForRedis\Clients;

use Predis\ClientInterface;
use Predis\Command\RawCommand;
use Predis\Response\ErrorInterface;
use SessionsForRedis\Exceptions\Translation;

/**
 * A client of Predis for one server or for Sentinel. With Sentinel it sends unknown commands to the
 * primary.
 *
 * @internal
 */
final class Predis implements Route
{
    public function __construct(private readonly ClientInterface $client)
    {
    }

    public function at(#[\SensitiveParameter] string $key, #[\SensitiveParameter] array $words): mixed
    {
        return self::read($this->client->executeCommand(RawCommand::create(...$words)));
    }

    /** With the option `exceptions` off, Predis returns an error reply as an object. */
    public static function read(mixed $reply): mixed
    {
        return $reply instanceof ErrorInterface ? throw Translation::of($reply->getMessage()) : $reply;
    }

    public function everywhere(#[\SensitiveParameter] array $words): array
    {
        return [$this->at('', $words)];
    }

    public function isCluster(): bool
    {
        return false;
    }
}
