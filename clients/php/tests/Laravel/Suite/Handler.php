<?php

declare(strict_types=1);

namespace SessionsForRedis\Tests\Laravel\Suite;

use PHPUnit\Framework\Assert;
use SessionsForRedis\Laravel\Serialization;

final class Handler implements \SessionHandlerInterface
{
    use Expected;

    /** @var array<string, Ours> */
    private array $ours = [];

    /** Which of the two it is, is seen in the text. */
    private function ours(string $text): Ours
    {
        $isJson = in_array($text[0] ?? '', ['{', '['], true);
        $serialization = $isJson ? Serialization::Json : Serialization::Php;
        return $this->ours[$serialization->value] ??= new Ours($serialization);
    }

    public function open(string $path, string $name): bool
    {
        return true;
    }

    public function close(): bool
    {
        return true;
    }

    public function gc(int $max_lifetime): int
    {
        return 0;
    }

    public function read(string $id): string
    {
        $expectation = $this->expected('read');
        $expectation->called($id);
        $ours = $this->ours($expectation->return);
        $data = $ours->handler->serialization->data($expectation->return);
        $ours->sessions->save(hash('sha256', $id), $data);
        return $ours->handler->read($id);
    }

    public function write(string $id, string $data): bool
    {
        $this->expected('write')->called($id, $data);
        $ours = $this->ours($data);
        $result = $ours->handler->write($id, $data);
        $of = $ours->handler->serialization;
        Assert::assertEquals($of->data($data), $of->data($of->text($ours->stored($id) ?? [])), 'what is stored');
        return $result;
    }

    public function destroy(string $id): bool
    {
        $this->expected('destroy')->called($id);
        $ours = $this->ours('');
        $result = $ours->handler->destroy($id);
        Assert::assertNull($ours->stored($id));
        return $result;
    }
}
