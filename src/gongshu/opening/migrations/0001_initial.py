import django.db.models.deletion
import gongshu.opening.states
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalog', '0001_initial'),
        ('identity', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=24, unique=True)),
                ('items', models.JSONField()),
                ('masks', models.JSONField(default=dict)),
                ('note', models.TextField(blank=True)),
                ('open_type', models.CharField(max_length=15)),
                ('status', models.CharField(choices=[('in_review', 'in_review'), ('public', 'public'), ('refused', 'refused'), ('withdrawn', 'withdrawn')], default=gongshu.opening.states.ReleaseStatus['IN_REVIEW'], max_length=12)),
                ('pack', models.CharField(max_length=40)),
                ('pack_version', models.CharField(max_length=64)),
                ('citations', models.JSONField(default=list)),
                ('proposed_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('grant_id', models.CharField(blank=True, max_length=40)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='catalog.entry')),
                ('proposer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ReleaseStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('kind', models.CharField(max_length=30)),
                ('kind_zh', models.CharField(max_length=60)),
                ('kind_en', models.CharField(max_length=60)),
                ('is_review', models.BooleanField(default=True)),
                ('office', models.CharField(max_length=20)),
                ('days', models.PositiveIntegerField(blank=True, null=True)),
                ('words_zh', models.CharField(blank=True, max_length=100)),
                ('words_en', models.CharField(blank=True, max_length=100)),
                ('citations', models.JSONField(default=list)),
                ('status', models.CharField(choices=[('waiting', 'waiting'), ('open', 'open'), ('passed', 'passed'), ('failed', 'failed'), ('skipped', 'skipped')], default=gongshu.opening.states.StepStatus['WAITING'], max_length=10)),
                ('due_on', models.DateField(blank=True, null=True)),
                ('provisional', models.BooleanField(default=False)),
                ('duty_id', models.PositiveBigIntegerField(blank=True, null=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('ground', models.CharField(blank=True, max_length=60)),
                ('remark', models.TextField(blank=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.organization')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='opening.release')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
    ]
