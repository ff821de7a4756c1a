<?php

declare(strict_types=1);

namespace SessionsForRedis\Clients;

use Predis\ClientInterface;
use Predis\Command\RawCommand;

/**
 * A client of Predis for a cluster (`'cluster' => 'redis'`). It does not know where the key of a module's command is,
 * so the command gets its slot here.
 *
 * @internal
 */
final class PredisCluster implements Route
{
    public function __construct(private readonly ClientInterface $client)
    {
    }

    public function at(#[\SensitiveParameter] string $key, #[\SensitiveParameter] array $words): mixed
    {
        $command = RawCommand::create(...$words);
        $command->setSlot($this->client->getConnection()->getClusterStrategy()->getSlotByKey($key));
        return Predis::read($this->client->executeCommand($command));
    }

    public function everywhere(#[\SensitiveParameter] array $words): array
    {
        $send = static fn (object $node): mixed => Predis::read($node->executeCommand(RawCommand::create(...$words)));
        return Primaries::ask($this->client->getConnection(), $words, $send);
    }

    public function isCluster(): bool
    {
        return true;
    }
}
