<?php

declare(strict_types=1);

namespace SessionsForRedis\Clients;

use Predis\ClientInterface;
use Predis\Command\RawCommand;

/**
 * A client of Predis for a cluster (`'cluster' => 'redis'`). Predis does not know which argument of
 * a module's command is the key, so this class sets the slot.
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
