<?php

declare(strict_types=1);

namespace SessionsForRedis\Tests\Support;

/** A handler around another one, as Symfony has it: PHP generates the ids. */
final class Wrapper implements \SessionHandlerInterface, \SessionUpdateTimestampHandlerInterface
{
    public function __construct(
        private readonly \SessionHandlerInterface&\SessionUpdateTimestampHandlerInterface $inner,
    ) {
    }

    public function open(string $path, string $name): bool
    {
        return $this->inner->open($path, $name);
    }

    public function validateId(string $id): bool
    {
        return $this->inner->validateId($id);
    }

    public function read(string $id): string|false
    {
        return $this->inner->read($id);
    }

    public function write(string $id, string $data): bool
    {
        return $this->inner->write($id, $data);
    }

    public function updateTimestamp(string $id, string $data): bool
    {
        return $this->inner->updateTimestamp($id, $data);
    }

    public function destroy(string $id): bool
    {
        return $this->inner->destroy($id);
    }

    public function gc(int $max_lifetime): int|false
    {
        return $this->inner->gc($max_lifetime);
    }

    public function close(): bool
    {
        return $this->inner->close();
    }
}
