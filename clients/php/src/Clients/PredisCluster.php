<?php

declare(strict_types=1);

namespace SessionsForRedis\Clients;

use Predis\ClientInterface;
use Predis\Command\RawCommand;
use SessionsForRedis\Exceptions\UnavailableException;

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
        $replies = [];
        foreach ($this->client->getConnection() as $node) {
            $replies[] = Predis::read($node->executeCommand(RawCommand::create(...$words)));
        }
        return $replies ?: throw new UnavailableException('the cluster client knows no primary', 'UNAVAILABLE');
    }

    public function isCluster(): bool
    {
        return true;
    }
}
